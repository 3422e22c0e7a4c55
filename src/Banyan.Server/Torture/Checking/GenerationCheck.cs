using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Server.Torture.Load;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Server.Torture.Checking;

/// <summary>
/// Turns what the clients saw of a generation, and what is left of it in the end, into histories, and puts the simulator's
/// checkers on them.
/// </summary>
internal sealed class GenerationCheck
{
    private readonly Generation _generation;

    // The last read comes long after everything else, so it is up to date also where it was made at a timestamp.
    public GenerationCheck(Generation generation, SceneMirror mirror, MirrorNode top, long invoked, long returned)
    {
        _generation = generation;
        Dictionary<string, MirrorNode> children = Generation.ChildrenByName(mirror, top);
        var valueOf = new Dictionary<long, long>();
        for (int i = 0; i < Generation.Lists; i++)
        {
            foreach (NodePlace place in children.GetValueOrDefault($"L{i}")?.Children ?? [])
            {
                if (mirror[place] is { } element) valueOf[(long)place.Id.Value] = Lane.ValueOfName(element);
            }
        }

        List<MicroOperation> last = Lane.SnapshotSteps(generation, mirror, top);
        var registers = new List<MicroOperation>();
        for (int i = 0; i < Generation.Properties; i++) registers.Add(MicroOperation.Read(HistoryKey.Property(i), Lane.NumberOf(children.GetValueOrDefault($"P{i}"))));
        for (int i = 0; i < Generation.Registers; i++)
        {
            MirrorNode? register = children.GetValueOrDefault($"R{i}");
            MirrorNode? child = register is { Children.Count: 1 } ? mirror[register.Children[0]] : null;
            registers.Add(MicroOperation.Read(HistoryKey.Register(i), child is null ? -1 : Lane.ValueOfName(child)));
        }

        registers.AddRange(last.Where(s => s.Kind == MicroKind.Read));
        var lastLists = new ClientOperation(0, invoked, returned, OperationOutcome.Ok, [.. last.Where(s => s.Kind == MicroKind.ReadList)]);
        Lists = [.. generation.History.Lists.Append(lastLists).Select(o => InValues(o, valueOf))];
        Registers = [.. generation.History.Registers, new(0, invoked, returned, OperationOutcome.Ok, registers)];
        Snapshots = [.. generation.History.Snapshots.Append(new(0, invoked, returned, OperationOutcome.Ok, last)).Select(o => InValues(o, valueOf))];
    }

    /// <summary>Appends and reads by leaseholders' words.</summary>
    public IReadOnlyList<ClientOperation> Lists { get; }

    /// <summary>Of all registers, by whatever they are made of.</summary>
    public IReadOnlyList<ClientOperation> Registers { get; }

    /// <summary>Reads of everything at one timestamp.</summary>
    public IReadOnlyList<ClientOperation> Snapshots { get; }

    /// <summary>Keys of which the last run could not tell.</summary>
    public int Undecided { get; private set; }

    /// <summary>Whether the last run has found nothing.</summary>
    public bool IsGood { get; private set; }

    /// <summary>What is wrong, in words; empty if nothing is.</summary>
    public IReadOnlyList<string> Run()
    {
        List<string> found = HistoryVerdict.Of(Lists, Registers, Snapshots, _generation.IsRealTime, out int undecided);
        Undecided = undecided;
        foreach (string surprise in _generation.History.Surprises) found.Add("surprise: " + surprise);
        IsGood = found.Count == 0;
        return [.. found.Select(f => $"generation {_generation.Number}: {f}")];
    }

    // An element that is no longer there, or never was, stays as its id, below zero: nobody has appended that.
    private static ClientOperation InValues(ClientOperation operation, Dictionary<long, long> valueOf)
    {
        if (!operation.Steps.Any(s => s.Kind == MicroKind.ReadList)) return operation;
        return operation with
        {
            Steps = [.. operation.Steps.Select(s => s.Kind == MicroKind.ReadList ? s with { List = [.. s.List.Select(id => valueOf.TryGetValue(id, out long value) ? value : -id)] } : s)],
        };
    }
}
