using Banyan.Kv.Leases;
using Banyan.Kv.Ranges;
using Banyan.Kv.Requests;
using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Store;

/// <summary>The binary form of messages between servers: a kind byte, then the fields in order.</summary>
public static class PeerMessageCodec
{
    private enum Kind : byte { Raft = 1, Liveness, Request, Reply, Closed, Directory, ClosedMissed, Application }

    /// <summary>Writes a message.</summary>
    public static void Encode(ByteWriter writer, PeerMessage message)
    {
        switch (message)
        {
            case PeerMessage.OfRaft m:
                writer.Byte((byte)Kind.Raft);
                writer.Number(m.Range.Value);
                m.Message.Encode(writer);
                break;
            case PeerMessage.OfLiveness m:
                writer.Byte((byte)Kind.Liveness);
                writer.Number(m.Message.From.Value);
                writer.Number(m.Message.To.Value);
                writer.Bool(m.Message.IsReply);
                writer.Number(m.Message.Epoch);
                writer.Timestamp(m.Message.Expiration);
                break;
            case PeerMessage.OfRequest m:
                writer.Byte((byte)Kind.Request);
                writer.Number(m.Number);
                writer.Number(m.Range.Value);
                RequestCodec.Encode(writer, m.Body);
                break;
            case PeerMessage.OfReply m:
                writer.Byte((byte)Kind.Reply);
                writer.Number(m.Number);
                RequestCodec.Encode(writer, m.Body);
                break;
            case PeerMessage.OfClosed m:
                writer.Byte((byte)Kind.Closed);
                writer.Number(m.Life);
                writer.Number(m.Sequence);
                writer.Bool(m.IsAll);
                writer.Timestamp(m.Closed);
                writer.Number((ulong)m.Changed.Count);
                foreach (ClosedRange range in m.Changed)
                {
                    writer.Number(range.Range.Value);
                    writer.Number(range.Term.Value);
                    writer.Number(range.Index.Value);
                }

                writer.Number((ulong)m.Gone.Count);
                foreach (RangeId range in m.Gone) writer.Number(range.Value);
                break;
            case PeerMessage.OfClosedMissed m:
                writer.Byte((byte)Kind.ClosedMissed);
                writer.Number(m.Life);
                break;
            case PeerMessage.OfDirectory m:
                writer.Byte((byte)Kind.Directory);
                writer.Number((ulong)m.Entries.Count);
                foreach (DirectoryEntry entry in m.Entries)
                {
                    entry.Descriptor.Encode(writer);
                    writer.Number(entry.Leaseholder.Value);
                    writer.Number(entry.LeaseSequence);
                }

                break;
            case PeerMessage.OfApplication m:
                writer.Byte((byte)Kind.Application);
                writer.Bytes(m.Bytes.Span);
                break;
            default:
                Invariant.Unreachable(message.GetType().Name);
                break;
        }
    }

    /// <summary>Reads a message; false if the bytes are none.</summary>
    public static bool TryDecode(ref ByteReader reader, out PeerMessage message)
    {
        message = null!;
        switch ((Kind)reader.Byte())
        {
            case Kind.Raft:
                {
                    var range = new RangeId(reader.Number());
                    if (RaftMessageCodec.TryDecode(ref reader, out RaftMessage raft)) message = new PeerMessage.OfRaft(range, raft);
                    break;
                }

            case Kind.Liveness:
                message = new PeerMessage.OfLiveness(new(
                    new((uint)reader.Number()), new((uint)reader.Number()), reader.Bool(), reader.Number(), reader.Timestamp()));
                break;
            case Kind.Request:
                {
                    ulong number = reader.Number();
                    var range = new RangeId(reader.Number());
                    if (RequestCodec.TryDecode(ref reader, out RequestBody body))
                        message = new PeerMessage.OfRequest(number, range, body);
                    break;
                }

            case Kind.Reply:
                {
                    ulong number = reader.Number();
                    if (RequestCodec.TryDecode(ref reader, out ReplyBody body)) message = new PeerMessage.OfReply(number, body);
                    break;
                }

            case Kind.Closed:
                {
                    (ulong life, ulong sequence, bool isAll) = (reader.Number(), reader.Number(), reader.Bool());
                    Timestamp closed = reader.Timestamp();
                    var changed = new ClosedRange[reader.Count(bytesEach: 3)];
                    for (int i = 0; i < changed.Length; i++)
                        changed[i] = new(new(reader.Number()), new(reader.Number()), new(reader.Number()));
                    var gone = new RangeId[reader.Count(bytesEach: 1)];
                    for (int i = 0; i < gone.Length; i++) gone[i] = new(reader.Number());
                    message = new PeerMessage.OfClosed(life, sequence, isAll, closed, changed, gone);
                    break;
                }

            case Kind.ClosedMissed:
                message = new PeerMessage.OfClosedMissed(reader.Number());
                break;

            case Kind.Directory:
                {
                    var entries = new DirectoryEntry[reader.Count(bytesEach: 8)];
                    for (int i = 0; i < entries.Length; i++)
                        entries[i] = new(RangeDescriptor.Decode(ref reader), new((uint)reader.Number()), reader.Number());
                    message = new PeerMessage.OfDirectory(entries);
                    break;
                }

            case Kind.Application:
                message = new PeerMessage.OfApplication(reader.Bytes().ToArray());
                break;

            default:
                break;
        }

        return message is not null && !reader.Failed;
    }
}
