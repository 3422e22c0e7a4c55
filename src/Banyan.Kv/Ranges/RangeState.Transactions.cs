using Banyan.Kv.Commands;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Kv.Ranges;

/// <content>How commands of transactions change the state. The trap numbers are those of the README.</content>
public sealed partial class RangeState
{
    private CommandOutcome ApplyWrite(WriteCommand c)
    {
        if (!IsHere(c)) return new CommandOutcome.Void();
        if (Prevented.ContainsKey(c.Meta.Id) && !Mutation.Is("write-though-prevented")) return new CommandOutcome.Refused(RefusedBecause.Prevented);

        if (c.OnePhase || c.Staged is not null)
        {
            if (Admit(c) is { } refusal) return refusal;
        }
        else if (c.Meta.StartedAt <= RecordHorizon)
        {
            // What bars late copies of its writes may be forgotten.
            return new CommandOutcome.Refused(RefusedBecause.TooLate);
        }

        if (IsLateCopy(c)) return LayIntents(c);
        if (Obstacle(c) is { } obstacle)
        {
            // The client hears that this attempt failed: no copy of it that is still on its way may succeed after that.
            if (c.OnePhase && obstacle is CommandOutcome.ConditionFailed or CommandOutcome.ReadChanged)
                Prevented[c.Meta.Id] = c.Meta.StartedAt;
            return obstacle;
        }

        Invariant.Holds(c.Writes.Length == 0 || c.Timestamp > Closed);
        return c.OnePhase ? CommitOnePhase(c) : LayIntents(c);
    }

    // All that it would do is done, and is not looked at again: its conditions may have changed since, by itself.
    private bool IsLateCopy(WriteCommand c)
    {
        if (c.OnePhase || c.Writes.Length == 0) return false;
        if (c.Staged is not null && Records.GetValueOrDefault(c.Meta.Id) is not { Status: TransactionStatus.Staging }) return false;
        foreach (KeyWrite write in c.Writes)
        {
            if (!Intents.TryGet(write.Key, out Intent own) || own.Meta.Id != c.Meta.Id || own.Sequence < write.Sequence) return false;
        }

        return true;
    }

    private bool IsHere(WriteCommand c)
    {
        foreach (KeyWrite write in c.Writes)
        {
            if (!Descriptor.Span.Contains(write.Key)) return false;
        }

        foreach (Condition condition in c.Conditions)
        {
            if (!Descriptor.Span.Contains(condition.Key)) return false;
        }

        foreach (KeySpan span in c.ReadSpans)
        {
            if (!Descriptor.Span.Contains(span)) return false;
        }

        return c.Staged is null || Descriptor.Span.Contains(c.Meta.Anchor);
    }

    // Whether this attempt may commit or stage here at all: null if so.
    private CommandOutcome? Admit(WriteCommand c)
    {
        if (Records.TryGetValue(c.Meta.Id, out TransactionRecord? record))
        {
            if (record.IsFinal) return new CommandOutcome.RecordState(record);
            // Trap 9: a one-range commit beside a record would leave two truths.
            if (c.OnePhase) return new CommandOutcome.Refused(RefusedBecause.HasRecord);
        }

        ClientHistory? client = c.Request.IsNone ? null : Client(c.Request.Client, c.Meta.StartedAt);
        client?.Acknowledge(c.AcknowledgedThrough);
        // First of all: "too late" would speak for an earlier copy that was in time.
        if (client is not null && !Mutation.Is("apply-a-retry-twice") && client.TryGet(c.Request.Sequence, out RequestOutcome outcome))
            return new CommandOutcome.AlreadyDone(outcome.Timestamp, outcome.Reply);
        if (record is not { Status: TransactionStatus.Staging } && c.Meta.StartedAt <= RecordHorizon)
        {
            // Trap 9: its record may have been final, and forgotten; or what bars its writes has been.
            return new CommandOutcome.Refused(RefusedBecause.TooLate);
        }

        if (client is null) return null;
        if (c.Request.Sequence <= client.AcknowledgedThrough)
            return new CommandOutcome.Refused(RefusedBecause.Acknowledged);
        return !Mutation.Is("ignore-the-fence") && client.IsFenced(c.Request)
            ? new CommandOutcome.Refused(RefusedBecause.Fenced)
            : null;
    }

    // What stands in the way of the writes: null if nothing does. All is looked at before anything is changed.
    private CommandOutcome? Obstacle(WriteCommand c)
    {
        // Commands mostly come in the order of their stamps: then no single key has to be looked up for a newer version.
        bool anyNewer = Versions.Newest >= c.Timestamp;
        for (int i = 0; i < c.Conditions.Length; i++)
        {
            Condition condition = c.Conditions[i];
            if (IntentOfAnother(condition.Key, c) is { } intent && intent.Timestamp <= c.Timestamp)
                return new CommandOutcome.Conflict(condition.Key, intent);
            if (anyNewer && Versions.NewestTimestamp(condition.Key) is var newest && newest > c.Timestamp)
                return new CommandOutcome.TooOld(condition.Key, newest);
            // What stood before the transaction: a condition says nothing of its own writes.
            byte[]? value = ValueFor(TransactionId.None, condition.Key, c.Timestamp);
            bool holds = condition.Kind switch
            {
                ConditionKind.Exists => value is not null,
                ConditionKind.Absent => value is null,
                _ => value is not null && value.AsSpan().SequenceEqual(condition.Value),
            };
            if (!holds) return new CommandOutcome.ConditionFailed(i, condition.Key);
        }

        foreach (KeySpan span in c.ReadSpans)
        {
            for (int at = Intents.PositionFrom(span.Start); at < Intents.Count && Intents.Keys[at] < span.End; at++)
            {
                Intent intent = Intents.At(at);
                if (intent.Meta.Id != c.Meta.Id && intent.Timestamp <= c.Timestamp)
                    return new CommandOutcome.Conflict(Intents.Keys[at], intent);
            }

            if (!Mutation.Is("commit-over-changed-reads") && Versions.AnyNewer(span, c.ReadTimestamp, c.Timestamp)) return new CommandOutcome.ReadChanged(span.Start);
        }

        foreach (KeyWrite write in c.Writes)
        {
            if (IntentOfAnother(write.Key, c) is { } intent) return new CommandOutcome.Conflict(write.Key, intent);
            // Trap 2 and 12: never at a timestamp that is taken, and never moved here: the proposer picks a higher one.
            if (!Mutation.Is("write-below-a-version") && anyNewer && Versions.NewestTimestamp(write.Key) is var newest && newest >= c.Timestamp)
                return new CommandOutcome.TooOld(write.Key, newest);
        }

        return null;
    }

    private Intent? IntentOfAnother(Key key, WriteCommand c) =>
        !Mutation.Is("overwrite-an-intent") && Intents.TryGet(key, out Intent intent) && intent.Meta.Id != c.Meta.Id ? intent : null;

    /// <summary>What a transaction sees on a key: its own intent, else the newest version at or below a timestamp.</summary>
    public byte[]? ValueFor(TransactionId reader, Key key, Timestamp at)
    {
        if (!reader.IsNone && Intents.TryGet(key, out Intent intent) && intent.Meta.Id == reader) return intent.Value;
        return Versions.TryGet(key, at, out VersionedValue version) ? version.Value : null;
    }

    private CommandOutcome.Done CommitOnePhase(WriteCommand c)
    {
        foreach (KeyWrite write in c.Writes) Commit(write.Key, c.Timestamp, write.Value);
        if (!c.Request.IsNone)
            Client(c.Request.Client, c.Meta.StartedAt).Add(new(c.Request.Sequence, c.Timestamp, c.Reply));
        return new(c.Timestamp);
    }

    private CommandOutcome.Done LayIntents(WriteCommand c)
    {
        // Where the writes and the record stand now: for a late copy, where the first one has put them.
        Timestamp highest = Timestamp.Zero;
        foreach (KeyWrite write in c.Writes)
        {
            Timestamp timestamp = c.Timestamp;
            if (Intents.TryGet(write.Key, out Intent own))
            {
                if (own.Sequence >= write.Sequence)
                {
                    highest = Timestamp.Max(highest, own.Timestamp);
                    continue;
                }

                timestamp = Timestamp.Max(timestamp, own.Timestamp);
            }

            highest = Timestamp.Max(highest, timestamp);
            Intents.Set(write.Key, new(c.Meta, timestamp, write.Sequence, write.Value));
            Mix(c.Meta.Id.Number, timestamp);
        }

        if (c.Staged is not null)
        {
            TransactionRecord? before = Records.GetValueOrDefault(c.Meta.Id);
            // Trap 4: an attempt at staging may be committed where it stands. Only the next one may move the record.
            bool isCopy = before is { Status: TransactionStatus.Staging } && before.StagingAttempt >= c.StagingAttempt;
            if (isCopy && !Mutation.Is("stage-a-late-copy-higher"))
            {
                highest = Timestamp.Max(highest, before!.Timestamp);
            }
            else if (before is not { Status: TransactionStatus.Staging } || before.Timestamp < c.Timestamp)
            {
                highest = Timestamp.Max(highest, c.Timestamp);
                SetRecord(new(
                    c.Meta, TransactionStatus.Staging, c.Timestamp, Timestamp.Max(c.Timestamp, before?.LastHeartbeat ?? default),
                    c.Request, c.Reply, c.Staged)
                {
                    StagingAttempt = c.StagingAttempt,
                });
            }
        }

        return new(highest.IsZero ? c.Timestamp : highest);
    }

    private CommandOutcome ApplyEnd(EndCommand c)
    {
        if (!Descriptor.Span.Contains(c.Meta.Anchor)) return new CommandOutcome.Void();
        TransactionRecord? record = Records.GetValueOrDefault(c.Meta.Id);
        if (record is { IsFinal: true } && !Mutation.Is("end-a-record-twice")) return new CommandOutcome.RecordState(record);
        // A record that is not there may have been committed by others, resolved and forgotten; the client's history is not.
        if (record is null && !c.Request.IsNone && !Mutation.Is("apply-a-retry-twice")
            && Client(c.Request.Client, c.Meta.StartedAt).TryGet(c.Request.Sequence, out RequestOutcome done))
            return new CommandOutcome.AlreadyDone(done.Timestamp, done.Reply);
        bool staging = record is { Status: TransactionStatus.Staging };
        if (c.ExpectStaging.IsZero ? staging : !staging || record!.Timestamp != c.ExpectStaging)
        {
            // Traps 3 to 5: a staging record is only ended by whoever has seen exactly this attempt at staging.
            return new CommandOutcome.RecordState(record);
        }

        if (record is null)
        {
            if (c.Meta.StartedAt <= RecordHorizon) return new CommandOutcome.Refused(RefusedBecause.TooLate);
            if (c.Commit && !c.Request.IsNone
                && Client(c.Request.Client, c.Meta.StartedAt).IsFenced(c.Request))
                return new CommandOutcome.Refused(RefusedBecause.Fenced);
        }

        if (c.Commit) Invariant.Holds(record is not { Status: TransactionStatus.Staging } || c.Timestamp >= record.Timestamp);
        record = new(
            c.Meta, c.Commit ? TransactionStatus.Committed : TransactionStatus.Aborted, c.Timestamp,
            record?.LastHeartbeat ?? c.Meta.StartedAt, c.Request, c.Reply,
            c.Commit ? record is { InFlight.Count: > 0 } ? record.InFlight : c.InFlight : []);
        SetRecord(record);
        Resolve(c.Meta.Id, c.Commit, c.Timestamp, c.LocalKeys);
        if (c.Commit && !c.Request.IsNone)
        {
            // The record may be forgotten before the client asks again; its history is not.
            Client(c.Request.Client, c.Meta.StartedAt).Add(new(c.Request.Sequence, c.Timestamp, c.Reply));
        }

        return new CommandOutcome.RecordState(record);
    }

    private CommandOutcome ApplyResolve(ResolveCommand c)
    {
        // The range was cut: "done" would speak for intents that lie elsewhere now.
        if (!AreHere(c.Keys) && !Mutation.Is("resolve-what-lies-elsewhere")) return new CommandOutcome.Void();
        Resolve(c.Id, c.Commit, c.Timestamp, c.Keys);
        return new CommandOutcome.Done(c.Timestamp);
    }

    private void Resolve(TransactionId id, bool commit, Timestamp timestamp, IReadOnlyList<Key> keys)
    {
        foreach (Key key in keys)
        {
            if (!Intents.TryGet(key, out Intent intent) || intent.Meta.Id != id) continue;
            Intents.Remove(key);
            // A copy of the write that is still on its way must not leave the intent again.
            Prevented[id] = intent.Meta.StartedAt;
            Mix(id.Number, timestamp);
            if (!commit) continue;
            Invariant.Holds(timestamp >= intent.Timestamp);
            Commit(key, timestamp, intent.Value);
        }
    }

    private CommandOutcome ApplyPrevent(PreventCommand c)
    {
        if (!c.Request.IsNone && Clients.TryGetValue(c.Request.Client, out ClientHistory? client)
            && client.TryGet(c.Request.Sequence, out RequestOutcome before))
        {
            return new CommandOutcome.AlreadyDone(before.Timestamp, before.Reply);
        }

        bool all = c.Writes.Count > 0;
        foreach (PromisedWrite write in c.Writes)
        {
            if (!Descriptor.Span.Contains(write.Key)) return new CommandOutcome.Void();
            bool stands = Intents.TryGet(write.Key, out Intent intent) && intent.Meta.Id == c.Meta.Id
                && intent.Sequence >= write.Sequence && intent.Timestamp <= c.Timestamp;
            all &= stands;
        }

        if (!all && !Mutation.Is("recover-without-preventing")) Prevented[c.Meta.Id] = c.Meta.StartedAt;
        Mix(c.Meta.Id.Number, c.Timestamp);
        return new CommandOutcome.Found(all);
    }

    private CommandOutcome ApplyHeartbeat(HeartbeatCommand c)
    {
        if (!Descriptor.Span.Contains(c.Meta.Anchor)) return new CommandOutcome.Void();
        if (Records.TryGetValue(c.Meta.Id, out TransactionRecord? record))
        {
            if (!record.IsFinal)
                SetRecord(record = record with { LastHeartbeat = Timestamp.Max(record.LastHeartbeat, c.At) });
            return new CommandOutcome.RecordState(record);
        }

        if (c.Meta.StartedAt <= RecordHorizon) return new CommandOutcome.Refused(RefusedBecause.TooLate);
        SetRecord(record = new(c.Meta, TransactionStatus.Pending, c.Meta.StartedAt, c.At, c.Request, default, []));
        return new CommandOutcome.RecordState(record);
    }

    private CommandOutcome ApplyPushAbort(PushAbortCommand c)
    {
        if (!Descriptor.Span.Contains(c.Pushee.Anchor)) return new CommandOutcome.Void();
        TransactionRecord? record = Records.GetValueOrDefault(c.Pushee.Id);
        // Traps 3 and 4: whoever wants a staging transaction out of the way must recover it.
        bool spared = record is { Status: TransactionStatus.Staging } && Mutation.Is("abort-a-staging-record");
        if (!spared && record is { Status: TransactionStatus.Staging or TransactionStatus.Committed or TransactionStatus.Aborted })
            return new CommandOutcome.RecordState(record);
        record = new(
            c.Pushee, TransactionStatus.Aborted, record?.Timestamp ?? c.Pushee.StartedAt,
            record?.LastHeartbeat ?? c.Pushee.StartedAt, record?.Request ?? default, default, []);
        // Too old to ever be staged again: so much for the intents that the pusher met. But the transaction may have been
        // committed, resolved and forgotten, so nothing is put on record that would tell its coordinator otherwise.
        if (c.Pushee.StartedAt > RecordHorizon || Records.ContainsKey(c.Pushee.Id)) SetRecord(record);
        return new CommandOutcome.RecordState(record);
    }

    private CommandOutcome ApplyResolved(ResolvedCommand c)
    {
        if (!Descriptor.Span.Contains(c.Meta.Anchor)) return new CommandOutcome.Void();
        // What the commit was to resolve here was cut off in between: the record must not forget it.
        if (!AreHere(c.LocalKeys)) return new CommandOutcome.Void();
        if (Records.TryGetValue(c.Meta.Id, out TransactionRecord? record) && record.Status == TransactionStatus.Committed)
        {
            // Where another ended the record, nobody may have resolved what lies beside it.
            Resolve(c.Meta.Id, commit: true, record.Timestamp, c.LocalKeys);
            Records[c.Meta.Id] = record with { InFlight = [] };
        }

        return new CommandOutcome.Done(Timestamp.Zero);
    }

    private bool AreHere(IReadOnlyList<Key> keys)
    {
        foreach (Key key in keys)
        {
            if (!Descriptor.Span.Contains(key)) return false;
        }

        return true;
    }

    private void SetRecord(TransactionRecord record)
    {
        if (Records.TryGetValue(record.Meta.Id, out TransactionRecord? before))
        {
            // Invariant 13: transitions are legal; a final status stays.
            Invariant.Holds(!before.IsFinal);
            Invariant.Holds(before.Status != TransactionStatus.Staging || record.Status != TransactionStatus.Pending);
            Invariant.Holds(before.Status != TransactionStatus.Staging || record.Timestamp >= before.Timestamp
                || record.Status == TransactionStatus.Aborted);
        }

        Records[record.Meta.Id] = record;
        Mix((ulong)record.Status, record.Timestamp);
    }
}
