using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Reaping;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Simulator.Workloads;

namespace Banyan.Simulator.Checking;

/// <summary>
/// Goes through the committed versions timestamp by timestamp. Each snapshot must be a sound tree, and must be what a
/// plain model makes of the snapshot before by the operations that left their mark at this timestamp. What was refused
/// must be refused by the model too, at the timestamp that it read at, and has no mark.
/// </summary>
internal sealed class SceneReplay(IReadOnlyList<SceneWork> works)
{
    private readonly SortedDictionary<Timestamp, List<SceneWork>> _committedAt = [];
    private readonly SortedDictionary<ulong, Timestamp> _marks = [];

    public void Check(CommittedHistory history, List<string> violations)
    {
        SortedDictionary<Timestamp, List<KeyValuePair<Key, byte[]?>>> changes = Order(history, violations);
        foreach (SceneWork work in works) CheckOutcome(work, violations);
        CheckRealTime(violations);

        SceneWork[] refused = [.. works.Where(w => w.Outcome is TransactionOutcome.GivenUp && w.Refused is not null).OrderBy(w => w.ReadAt)];
        int nextRefused = 0;
        var mirror = new SceneMirror();
        var model = new SceneModel();
        foreach ((Timestamp at, List<KeyValuePair<Key, byte[]?>> records) in changes)
        {
            while (nextRefused < refused.Length && refused[nextRefused].ReadAt < at) CheckRefusal(model, refused[nextRefused++], violations);
            foreach ((Key key, byte[]? value) in records)
            {
                if (!mirror.Apply(key, value)) violations.Add($"{key} at {at} is no record of the scene");
            }

            var broken = new List<string>();
            SceneInvariants.Check(mirror, broken);
            foreach (string violation in broken) violations.Add($"at {at}: {violation}");
            CheckStep(at, model, SceneModel.Of(mirror), violations);
            // One wrong snapshot makes all that follow wrong too.
            if (violations.Count > 0) return;
        }

        while (nextRefused < refused.Length) CheckRefusal(model, refused[nextRefused++], violations);
        if (mirror.Reaps.Count > 0 && !works.Any(w => w.Outcome is TransactionOutcome.Ambiguous or null))
            violations.Add($"{mirror.Reaps.Count} despawned subtrees were left behind");
    }

    // Versions by timestamp; the marks among them go to their operations.
    private SortedDictionary<Timestamp, List<KeyValuePair<Key, byte[]?>>> Order(CommittedHistory history, List<string> violations)
    {
        var changes = new SortedDictionary<Timestamp, List<KeyValuePair<Key, byte[]?>>>();
        foreach ((Key key, SortedList<Timestamp, byte[]?> versions) in history.Keys)
        {
            bool isMark = SceneWork.TryParseMark(key, out ulong number);
            foreach ((Timestamp at, byte[]? value) in versions)
            {
                if (!changes.TryGetValue(at, out List<KeyValuePair<Key, byte[]?>>? records)) changes.Add(at, records = []);
                if (!isMark)
                {
                    records.Add(new(key, value));
                    continue;
                }

                if (!_marks.TryAdd(number, at)) violations.Add($"operation {number} took effect twice, at {_marks[number]} and at {at}");
                if (!_committedAt.TryGetValue(at, out List<SceneWork>? committed)) _committedAt.Add(at, committed = []);
                committed.Add(works[(int)number - 1]);
            }
        }

        return changes;
    }

    private void CheckOutcome(SceneWork work, List<string> violations)
    {
        bool landed = _marks.TryGetValue(work.Number, out Timestamp at);
        switch (work.Outcome)
        {
            case TransactionOutcome.Committed committed when !landed:
                violations.Add($"operation {work.Number} was acknowledged at {committed.Timestamp} and is lost");
                break;
            case TransactionOutcome.Committed committed when at != committed.Timestamp:
                violations.Add($"operation {work.Number} was acknowledged at {committed.Timestamp}, its mark is at {at}");
                break;
            case TransactionOutcome.Committed or TransactionOutcome.Ambiguous or null:
                break;
            default:
                if (landed) violations.Add($"operation {work.Number} ended as {work.Outcome} and took effect at {at}");
                break;
        }
    }

    // Every operation reads the header of its node: what begins after the acknowledgement of one that wrote it, or writes it
    // itself, is ordered after that; so are two that wrote the same property or attachment. Otherwise they share no key that changed.
    private void CheckRealTime(List<string> violations)
    {
        var acknowledged = new SortedDictionary<NodeId, List<(SceneWork Work, Timestamp At)>>();
        foreach (SceneWork work in works)
        {
            foreach (NodeId id in ResultsOf(work))
            {
                if (!acknowledged.TryGetValue(id, out List<(SceneWork, Timestamp)>? earlier)) acknowledged.Add(id, earlier = []);
                earlier.Add((work, ((TransactionOutcome.Committed)work.Outcome!).Timestamp));
            }
        }

        foreach (SceneWork work in works)
        {
            foreach (NodeId id in ResultsOf(work))
            {
                Timestamp at = ((TransactionOutcome.Committed)work.Outcome!).Timestamp;
                foreach ((SceneWork first, Timestamp before) in acknowledged[id])
                {
                    if (first.Ended < work.Begun && before > at && HaveConflict(first, work))
                        violations.Add($"operation {work.Number} on {id}, begun at {work.Begun} µs, is at {at}; operation {first.Number} was acknowledged at {before} before that, at {first.Ended} µs");
                }
            }
        }
    }

    private static bool HaveConflict(SceneWork a, SceneWork b)
    {
        SortedSet<string>? byA = BesideTheHeader(a);
        SortedSet<string>? byB = BesideTheHeader(b);
        return byA is null || byB is null || byA.Overlaps(byB);
    }

    // What a transaction writes if it leaves headers alone; null if it does not.
    private static SortedSet<string>? BesideTheHeader(SceneWork work)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (SceneOperation operation in ((SceneTransaction)work.Body).Operations)
        {
            if (operation is ReorderOperation) names.Add("/place");
            else if (operation is SetPropertiesOperation set) names.UnionWith(set.Properties.Select(p => "/property " + p.Name));
            else if (operation is SetAttachmentsOperation attach) names.UnionWith(attach.Attachments.Select(a => "/attachment " + a.Name));
            else return null;
        }

        return names;
    }

    private static IReadOnlyList<NodeId> ResultsOf(SceneWork work)
    {
        if (work.Outcome is not TransactionOutcome.Committed committed || work.Body is not SceneTransaction) return [];
        Invariant.Holds(SceneTransaction.TryDecodeReply(committed.Reply.Span, out IReadOnlyList<NodeId> results));
        return results;
    }

    private void CheckStep(Timestamp at, SceneModel model, SceneModel actual, List<string> violations)
    {
        if (!_committedAt.TryGetValue(at, out List<SceneWork>? due))
        {
            violations.Add($"nobody asked for what changed at {at}");
            return;
        }

        // Where a new child stands depends on the clock of whoever appended it.
        bool orderMatters = !due.Exists(w => w.Body is SceneTransaction scene && scene.Operations.Any(o => o is SpawnOperation or ReparentOperation));
        // Transactions at one timestamp have an order, too: one may have read what another wrote there. Any order will do in
        // which each of them is right and that leads to what stands there.
        foreach (SceneWork work in OrderThatFits(at, due, [], model, actual, orderMatters) ?? due)
        {
            if (WhatIsWrong(at, model, work) is { } wrong) violations.Add(wrong);
        }

        if (violations.Count > 0) return;
        if (model.Difference(actual, orderMatters) is { } difference)
            violations.Add($"at {at}: {difference}, after {string.Join("; ", due.Select(w => w.Body is SceneTransaction s ? Text(s) : w.Body.ToString()))}");
        model.AdoptOrder(actual);
    }

    private static List<SceneWork>? OrderThatFits(
        Timestamp at, List<SceneWork> left, List<SceneWork> begun, SceneModel model, SceneModel actual, bool orderMatters)
    {
        if (left.Count == 1 && begun.Count == 0) return left;
        if (left.Count == 0) return model.Difference(actual, orderMatters) is null ? begun : null;
        foreach (SceneWork next in left)
        {
            SceneModel after = model.Copy();
            if (WhatIsWrong(at, after, next) is not null) continue;
            if (OrderThatFits(at, [.. left.Where(w => w != next)], [.. begun, next], after, actual, orderMatters) is { } order) return order;
        }

        return null;
    }

    // Applies what a transaction did to the model; null if it was right.
    private static string? WhatIsWrong(Timestamp at, SceneModel model, SceneWork work)
    {
        switch (work.Body)
        {
            case FoundWorld:
                model.Found();
                return null;
            case ReapTransaction reap:
                model.Reap(reap.Top.Id);
                return null;
            case SceneTransaction scene:
                var results = new List<NodeId>();
                if (model.Apply(scene.Operations, results) is { } refused)
                    return $"operation {work.Number} at {at} should have been refused: {refused.Code} in {Text(scene)}";
                return work.Outcome is TransactionOutcome.Committed && !results.SequenceEqual(ResultsOf(work))
                    ? $"operation {work.Number} at {at} was about {string.Join(" ", ResultsOf(work))}, should be {string.Join(" ", results)}"
                    : null;
            default:
                return $"operation {work.Number} at {at} is of no kind that this checker knows";
        }
    }

    private static void CheckRefusal(SceneModel model, SceneWork work, List<string> violations)
    {
        var scene = (SceneTransaction)work.Body;
        var expected = model.Copy().Apply(scene.Operations, []);
        if (expected is not { } refused)
            violations.Add($"operation {work.Number} was refused at {work.ReadAt} for {work.Refused}, without a reason: {Text(scene)}");
        else if (refused != (work.Refused!.Value, work.FailedOperation))
            violations.Add($"operation {work.Number} was refused at {work.ReadAt} for {work.Refused} in {work.FailedOperation}, should be {refused}: {Text(scene)}");
    }

    private static string Text(SceneTransaction scene) => string.Join(", ", scene.Operations);
}
