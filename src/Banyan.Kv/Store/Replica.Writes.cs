using Banyan.Kv.Commands;
using Banyan.Kv.Requests;
using Banyan.Kv.Transactions;
using Banyan.Primitives;

namespace Banyan.Kv.Store;

/// <content>Writes: stamped, proposed, and started again when something was in the way.</content>
public sealed partial class Replica
{
    // Keys with a write that is proposed and not yet applied, with the timestamps it may land at.
    private readonly Dictionary<Key, InFlightKey> _inFlightKeys = [];

    private readonly record struct InFlightKey(int Count, Timestamp Lowest, Timestamp Highest);

    private void HandleWrite(WriteBody body, Parked request)
    {
        WriteCommand command = body.Command;
        if (!Covers(command))
        {
            request.Reply(WrongRange());
            return;
        }

        if (KnownConflict(command) is { } intent)
        {
            PushAndPark(intent.Meta, command.Meta, request);
            return;
        }

        Timestamp lowest = command.OnePhase && body.MayMove ? Timestamp.Max(command.Timestamp, _store.Clock.Now()) : command.Timestamp;
        Timestamp stamp = Timestamp.Max(lowest, FloorOf(command, lowest).Next);
        if (_store.Probes.Buggify("stamp a write higher than need be")) stamp = Timestamp.Max(stamp, _store.Clock.Now());
        bool mayMove = body.MayMove;
        if (stamp > command.Timestamp && !mayMove)
        {
            if (command.Staged is null || command.Writes.Length == 0)
            {
                request.Reply(new ReplyBody.NeedsTimestamp(stamp));
                return;
            }

            // The record must wait until the reads are good up to there, but the intents may stand: whoever wants to
            // read on meets them. Without, two that read what the other writes would push each other up forever.
            command = command with { Staged = null };
            mayMove = true;
        }

        if (!HoldsLeaseAt(stamp) || !_store.Clock.TryObserve(stamp))
        {
            request.Reply(NotLeaseholder());
            return;
        }

        // Invariant 11: above every read that was served on these keys. What this command itself reads is served, too.
        foreach (KeyWrite write in command.Writes) Invariant.Holds(Mutation.Is("write-below-reads") || stamp > Served.Floor(write.Key, command.Meta.Id));
        Invariant.Holds(command.Writes.Length == 0 || stamp > PromisedClosed);
        foreach (Condition condition in command.Conditions) Served.Add(condition.Key, stamp, command.Meta.Id);
        foreach (KeySpan span in command.ReadSpans) Served.Add(span, stamp, command.Meta.Id);
        if (stamp != command.Timestamp) command = command with { Timestamp = stamp };
        foreach (KeyWrite write in command.Writes) NoteInFlight(write.Key, stamp);
        Propose(command, outcome => OnWriteApplied(outcome, body.Command.Meta, mayMove, request));
    }

    private void OnWriteApplied(CommandOutcome? outcome, TransactionMeta writer, bool mayMove, Parked request)
    {
        switch (outcome)
        {
            case CommandOutcome.Conflict conflict:
                PushAndPark(conflict.Intent.Meta, writer, request);
                break;
            case CommandOutcome.TooOld when mayMove:
                _store.Probes.Sometimes("a write finds its timestamp taken");
                // Something else landed there first: the next stamp goes above it.
                _parked++;
                Unpark(request);
                break;
            case CommandOutcome.TooOld tooOld:
                request.Reply(new ReplyBody.NeedsTimestamp(tooOld.Newest.Next));
                break;
            default:
                request.Reply(ToReply(outcome));
                break;
        }
    }

    private bool Covers(WriteCommand command)
    {
        KeySpan here = State.Descriptor.Span;
        foreach (KeyWrite write in command.Writes)
        {
            if (!here.Contains(write.Key)) return false;
        }

        foreach (Condition condition in command.Conditions)
        {
            if (!here.Contains(condition.Key)) return false;
        }

        foreach (KeySpan span in command.ReadSpans)
        {
            if (!here.Contains(span)) return false;
        }

        return command.Staged is null || here.Contains(command.Meta.Anchor);
    }

    // What is applied already shows that the command would not get through: no need to replicate that.
    private Intent? KnownConflict(WriteCommand command)
    {
        if (State.Intents.Count == 0) return null;
        foreach (KeyWrite write in command.Writes)
        {
            if (State.Intents.TryGet(write.Key, out Intent intent) && intent.Meta.Id != command.Meta.Id) return intent;
        }

        return null;
    }

    // What a write must lie above. Versions are only looked up if there is one at or above the stamp that it would get anyway.
    private Timestamp FloorOf(WriteCommand command, Timestamp stamp)
    {
        bool anyNewer = State.Versions.Newest >= stamp;
        TransactionId id = command.Meta.Id;
        // A record alone may be staged in closed time: its intents stand already, and hold back what is resolved.
        Timestamp floor = command.Writes.Length > 0 && !Mutation.Is("write-below-closed") ? PromisedClosed : Timestamp.Zero;
        foreach (KeyWrite write in command.Writes)
        {
            if (!Mutation.Is("write-below-reads")) floor = Timestamp.Max(floor, Served.Floor(write.Key, id));
            if (Mutation.Is("write-below-a-version")) continue;
            if (anyNewer) floor = Timestamp.Max(floor, State.Versions.NewestTimestamp(write.Key));
            if (_inFlightKeys.TryGetValue(write.Key, out InFlightKey inFlight)) floor = Timestamp.Max(floor, inFlight.Highest);
        }

        foreach (Condition condition in command.Conditions)
        {
            // A condition speaks of the newest version, so that what was acknowledged before is seen.
            if (anyNewer) floor = Timestamp.Max(floor, State.Versions.NewestTimestamp(condition.Key).Previous);
            if (_inFlightKeys.TryGetValue(condition.Key, out InFlightKey inFlight))
                floor = Timestamp.Max(floor, inFlight.Highest.Previous);
        }

        return floor;
    }

    private void NoteInFlight(Key key, Timestamp timestamp)
    {
        InFlightKey before = _inFlightKeys.GetValueOrDefault(key, new(0, timestamp, timestamp));
        _inFlightKeys[key] = new(
            before.Count + 1, Timestamp.Min(before.Lowest, timestamp), Timestamp.Max(before.Highest, timestamp));
    }

    private void ForgetInFlightKeys(Command command)
    {
        if (command is not WriteCommand write) return;
        foreach (KeyWrite one in write.Writes)
        {
            InFlightKey before = _inFlightKeys[one.Key];
            if (before.Count == 1) _inFlightKeys.Remove(one.Key);
            else _inFlightKeys[one.Key] = before with { Count = before.Count - 1 };
        }
    }

    // The lowest timestamp at which a write in flight may land on a key; Zero if there is none.
    private Timestamp InFlightFloor(Key key) =>
        _inFlightKeys.TryGetValue(key, out InFlightKey inFlight) ? inFlight.Lowest : Timestamp.Zero;

    private bool AnyInFlight(KeySpan span)
    {
        // Whether there is one does not depend on the order in which they are looked at.
        foreach (Key key in _inFlightKeys.Keys)
        {
            if (span.Contains(key)) return true;
        }

        return false;
    }
}
