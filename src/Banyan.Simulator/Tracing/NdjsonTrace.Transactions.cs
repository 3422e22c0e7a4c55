using Banyan.Kv.Commands;
using Banyan.Kv.Ranges;
using Banyan.Kv.Tracing;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Simulator.Tracing;

/// <content>
/// Commits over intents: steps of coordinators as they come, and what ranges apply. Every replica of a range applies the
/// same: the first one counts, and what the others say of the same place in the log is left out.
/// </content>
public sealed partial class NdjsonTrace
{
    private readonly string[] _commitSteps = Enum.GetNames<TransactionStepKind>();
    private readonly string[] _replies = [.. Enum.GetNames<WriteReply>().Select(Camel)];
    private readonly string[] _statuses = [.. Enum.GetNames<TransactionStatus>().Select(Camel)];
    private readonly SortedDictionary<RangeId, (LogIndex Index, int Number)> _applied = [];

    /// <inheritdoc/>
    public void On(in TransactionEvent step)
    {
        BeginCommit(_commitSteps[(int)step.Step], step.Id);
        switch (step.Step)
        {
            case TransactionStepKind.Begin:
                WriteTimestamp("ts", step.Timestamp);
                _json.WriteBoolean("reads", step.Flag);
                _json.WriteStartArray("ranges");
                foreach (RangeId range in step.Ranges) _json.WriteNumberValue(range.Value);
                _json.WriteEndArray();
                break;
            case TransactionStepKind.Reply:
                _json.WriteNumber("range", step.Range.Value);
                _json.WriteString("outcome", _replies[(int)step.Reply]);
                WriteTimestamp("ts", step.Timestamp);
                break;
            case TransactionStepKind.StageAgain:
                WriteTimestamp("ts", step.Timestamp);
                _json.WriteBoolean("writes", step.Flag);
                break;
            case TransactionStepKind.RecoverOwn or TransactionStepKind.Recover:
                WriteTimestamp("ts", step.Timestamp);
                break;
            case TransactionStepKind.Recovered or TransactionStepKind.Answer:
                WriteStatus(step.Status, step.Timestamp);
                break;
            default:
                break;
        }

        End();
    }

    /// <inheritdoc/>
    public void OnApplied(RangeState state, LogIndex index, int number, Command command, CommandOutcome outcome)
    {
        RangeId range = state.Descriptor.Id;
        if (_applied.TryGetValue(range, out (LogIndex Index, int Number) last) && (index < last.Index || (index == last.Index && number <= last.Number))) return;
        _applied[range] = (index, number);
        switch (command)
        {
            case WriteCommand c:
                OnWrite(state, c, outcome);
                break;
            case EndCommand c when outcome is CommandOutcome.RecordState or CommandOutcome.Refused:
                BeginApplied("End", c.Meta, state);
                _json.WriteBoolean("commit", c.Commit);
                WriteTimestamp("expect", c.ExpectStaging);
                WriteRecord(state, c.Meta.Id);
                End();
                // Intents beside the record go with it.
                if (outcome is not CommandOutcome.RecordState { Record: { IsFinal: true } record } || c.LocalKeys.Count == 0) break;
                if (StandsAny(state, c.Meta.Id, c.LocalKeys)) break;
                OnResolve(state, c.Meta.Id, record.Status == TransactionStatus.Committed, record.Timestamp);
                break;
            case PushAbortCommand c when outcome is CommandOutcome.RecordState:
                BeginApplied("Push", c.Pushee, state);
                WriteRecord(state, c.Pushee.Id);
                End();
                break;
            case HeartbeatCommand c when outcome is CommandOutcome.RecordState:
                BeginApplied("Heartbeat", c.Meta, state);
                WriteRecord(state, c.Meta.Id);
                End();
                break;
            case PreventCommand c when outcome is CommandOutcome.Found found && c.Writes.Count > 0:
                BeginApplied("Prevent", c.Meta, state);
                WriteTimestamp("ts", c.Timestamp);
                _json.WriteBoolean("found", found.All);
                End();
                break;
            case ResolveCommand c when outcome is CommandOutcome.Done:
                OnResolve(state, c.Id, c.Commit, c.Timestamp);
                break;
            case ResolvedCommand c when outcome is CommandOutcome.Done && state.Records.TryGetValue(c.Meta.Id, out TransactionRecord? cleared) && cleared.Status == TransactionStatus.Committed:
                BeginApplied("Resolved", c.Meta, state);
                End();
                break;
            default:
                break;
        }
    }

    private void OnWrite(RangeState state, WriteCommand c, CommandOutcome outcome)
    {
        string? what = outcome switch
        {
            CommandOutcome.Done => "done",
            CommandOutcome.Refused or CommandOutcome.RecordState => "refused",
            _ => null, // nothing was done, or it is tried again
        };
        if (what is null || (c.OnePhase && what != "done")) return;
        BeginApplied(c.OnePhase ? "OnePhase" : "Write", c.Meta, state);
        WriteTimestamp("ts", c.Timestamp);
        _json.WriteBoolean("staged", c.Staged is not null);
        _json.WriteBoolean("writes", c.Writes.Length > 0);
        _json.WriteString("outcome", what);
        bool stands = c.Writes.Length > 0 && state.Intents.TryGet(c.Writes[0].Key, out Intent intent) && intent.Meta.Id == c.Meta.Id;
        WriteTimestamp("intent", stands ? IntentAt(state, c.Writes[0].Key) : Timestamp.Zero);
        WriteRecord(state, c.Meta.Id);
        End();
    }

    private static Timestamp IntentAt(RangeState state, Key key) => state.Intents.TryGet(key, out Intent intent) ? intent.Timestamp : Timestamp.Zero;

    private void OnResolve(RangeState state, TransactionId id, bool commit, Timestamp timestamp)
    {
        BeginCommit("Resolve", id);
        WritePlace(state);
        _json.WriteBoolean("commit", commit);
        WriteTimestamp("ts", commit ? timestamp : Timestamp.Zero);
        End();
    }

    private static bool StandsAny(RangeState state, TransactionId id, IReadOnlyList<Key> keys)
    {
        foreach (Key key in keys)
        {
            if (state.Intents.TryGet(key, out Intent intent) && intent.Meta.Id == id) return true;
        }

        return false;
    }

    private void BeginCommit(string name, TransactionId id)
    {
        Begin("parallel-commits", name);
        _json.WriteString("id", id.ToString());
    }

    // "late": what bars the attempt's late messages on this range may be forgotten.
    private void BeginApplied(string name, TransactionMeta meta, RangeState state)
    {
        BeginCommit(name, meta.Id);
        WritePlace(state);
        _json.WriteBoolean("late", meta.StartedAt <= state.RecordHorizon);
    }

    // Where in the log of the range: by this, what several servers say of it is known to be the same.
    private void WritePlace(RangeState state)
    {
        RangeId range = state.Descriptor.Id;
        _json.WriteNumber("range", range.Value);
        _json.WriteNumber("entry", _applied[range].Index.Value);
        _json.WriteNumber("command", _applied[range].Number);
    }

    private void WriteRecord(RangeState state, TransactionId id)
    {
        TransactionRecord? record = state.Records.GetValueOrDefault(id);
        WriteStatus(record?.Status, record?.Timestamp ?? Timestamp.Zero);
    }

    // Only where a record was staged or committed does its timestamp mean anything.
    private void WriteStatus(TransactionStatus? status, Timestamp timestamp)
    {
        _json.WriteString("status", status is { } known ? _statuses[(int)known] : "none");
        WriteTimestamp("record", status is TransactionStatus.Staging or TransactionStatus.Committed ? timestamp : Timestamp.Zero);
    }

    private void WriteTimestamp(string name, Timestamp timestamp) => _json.WriteNumber(name, timestamp.Value);

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
