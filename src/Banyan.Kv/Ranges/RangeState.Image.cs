using Banyan.Kv.Leases;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Kv.Ranges;

/// <content>The binary form of everything but the versions.</content>
public sealed partial class RangeState
{
    /// <summary>Versions above a timestamp, in key order: what a feed missed while the log was skipped by a snapshot.</summary>
    internal IEnumerable<VersionEvent> VersionsAfter(Timestamp after)
    {
        var found = new List<VersionEvent>();
        foreach (VersionRecord record in Versions.History(KeySpan.All))
        {
            if (record.Timestamp > after) found.Add(new(record.Key, record.Timestamp, record.Value));
        }

        return found;
    }

    internal void EncodeTables(ByteWriter writer)
    {
        Descriptor.Encode(writer);
        Lease.Encode(writer);
        writer.Number(AppliedIndex.Value);
        writer.Number(AppliedTerm.Value);
        writer.Timestamp(Closed);
        writer.Timestamp(RecordHorizon);
        writer.UInt64(Hash);
        int intents = Mutation.Is("an-image-without-intents") ? 0 : Intents.Count;
        writer.Number((ulong)intents);
        for (int i = 0; i < intents; i++)
        {
            Intent intent = Intents.At(i);
            writer.Key(Intents.Keys[i]);
            intent.Meta.Encode(writer);
            writer.Timestamp(intent.Timestamp);
            writer.Number(intent.Sequence);
            writer.Bool(intent.Value is not null);
            if (intent.Value is not null) writer.Bytes(intent.Value);
        }

        writer.Number((ulong)Records.Count);
        foreach (TransactionRecord record in Records.Values) record.Encode(writer);
        writer.Number((ulong)Prevented.Count);
        foreach ((TransactionId id, Timestamp startedAt) in Prevented)
        {
            id.Encode(writer);
            writer.Timestamp(startedAt);
        }

        writer.Number((ulong)Clients.Count);
        foreach ((ulong id, ClientHistory client) in Clients)
        {
            writer.UInt64(id);
            client.Encode(writer);
        }
    }

    internal static RangeState DecodeTables(ref ByteReader reader)
    {
        var state = new RangeState(RangeDescriptor.Decode(ref reader))
        {
            Lease = Lease.Decode(ref reader),
            AppliedIndex = new(reader.Number()),
            AppliedTerm = new(reader.Number()),
            Closed = reader.Timestamp(),
            RecordHorizon = reader.Timestamp(),
            Hash = reader.UInt64(),
        };
        int intents = reader.Count(bytesEach: 12);
        for (int i = 0; i < intents; i++)
        {
            Key key = reader.Key();
            TransactionMeta meta = TransactionMeta.Decode(ref reader);
            Timestamp timestamp = reader.Timestamp();
            var sequence = (uint)reader.Number();
            byte[]? value = reader.Bool() ? reader.Bytes().ToArray() : null;
            if (!reader.Failed && !state.Intents.TryGet(key, out _)) state.Intents.Set(key, new(meta, timestamp, sequence, value));
            else reader.Fail();
        }

        int records = reader.Count(bytesEach: 20);
        for (int i = 0; i < records; i++)
        {
            TransactionRecord record = TransactionRecord.Decode(ref reader);
            if (!state.Records.TryAdd(record.Meta.Id, record)) reader.Fail();
        }

        int prevented = reader.Count(bytesEach: 9);
        for (int i = 0; i < prevented; i++)
        {
            if (!state.Prevented.TryAdd(TransactionId.Decode(ref reader), reader.Timestamp())) reader.Fail();
        }

        int clients = reader.Count(bytesEach: 10);
        for (int i = 0; i < clients; i++)
        {
            if (!state.Clients.TryAdd(reader.UInt64(), ClientHistory.Decode(ref reader))) reader.Fail();
        }

        return state;
    }
}
