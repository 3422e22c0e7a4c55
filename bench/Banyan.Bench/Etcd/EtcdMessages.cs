using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Bench.Etcd;

/// <summary>The few messages of etcd's v3 API that a benchmark needs, as gRPC frames, by hand.</summary>
/// <remarks>
/// <code>
/// frame: | 0 (not compressed) | length, 4 bytes big-endian | protobuf message |
/// </code>
/// A protobuf field is its tag (number * 8 + wire type) and its value; wire types are 0 (a number) and 2 (bytes with
/// their length). Source: gRPC over HTTP2; etcd 3.4 rpc.proto and kv.proto.
/// </remarks>
public static class EtcdMessages
{
    /// <summary>Bytes in front of every gRPC message.</summary>
    public const int FrameHeaderBytes = 5;

    /// <summary>A frame with a PutRequest: key = 1, value = 2.</summary>
    public static byte[] PutRequest(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var frame = new ByteWriter(FrameHeaderBytes + key.Length + value.Length + 12);
        frame.Raw([0, 0, 0, 0, 0]);
        frame.Byte(FieldOfBytes(1));
        frame.Bytes(key);
        frame.Byte(FieldOfBytes(2));
        frame.Bytes(value);
        return Close(frame);
    }

    /// <summary>A frame with a RangeRequest for one key: key = 1. The read is linearizable.</summary>
    public static byte[] RangeRequest(ReadOnlySpan<byte> key)
    {
        var frame = new ByteWriter(FrameHeaderBytes + key.Length + 6);
        frame.Raw([0, 0, 0, 0, 0]);
        frame.Byte(FieldOfBytes(1));
        frame.Bytes(key);
        return Close(frame);
    }

    /// <summary>A frame with an empty message: a StatusRequest.</summary>
    public static byte[] EmptyRequest() => [0, 0, 0, 0, 0];

    /// <summary>The store's revision after a put; of a PutResponse: header = 1 {revision = 3}.</summary>
    public static bool TryReadPutResponse(ReadOnlySpan<byte> message, out long revision)
    {
        revision = 0;
        var reader = new ByteReader(message);
        while (reader.Remaining > 0)
        {
            Field field = NextField(ref reader);
            if (field is not { Number: 1, IsBytes: true }) continue;
            if (!TryReadNumber(field.Bytes, 3, out ulong number)) return false;
            revision = (long)number;
        }

        return !reader.Failed && revision > 0;
    }

    /// <summary>The value of the only key of a RangeResponse: kvs = 2 {value = 5}; null if there is no such key.</summary>
    public static bool TryReadRangeResponse(ReadOnlySpan<byte> message, out byte[]? value)
    {
        value = null;
        var reader = new ByteReader(message);
        while (reader.Remaining > 0)
        {
            Field field = NextField(ref reader);
            if (field is not { Number: 2, IsBytes: true }) continue;

            // proto3 leaves an empty value out.
            value = [];
            var pair = new ByteReader(field.Bytes);
            while (pair.Remaining > 0)
            {
                Field inner = NextField(ref pair);
                if (inner is { Number: 5, IsBytes: true }) value = inner.Bytes.ToArray();
            }

            if (pair.Failed) reader.Fail();
        }

        return !reader.Failed;
    }

    /// <summary>
    /// Who answered and whom it follows; of a StatusResponse: header = 1 {member_id = 2}, leader = 4 (0: none).
    /// </summary>
    public static bool TryReadStatusResponse(ReadOnlySpan<byte> message, out ulong member, out ulong leader)
    {
        member = leader = 0;
        var reader = new ByteReader(message);
        while (reader.Remaining > 0)
        {
            Field field = NextField(ref reader);
            if (field is { Number: 1, IsBytes: true } && !TryReadNumber(field.Bytes, 2, out member)) return false;
            if (field is { Number: 4, IsBytes: false }) leader = field.Value;
        }

        return !reader.Failed;
    }

    private static byte FieldOfBytes(int number) => (byte)((number << 3) | 2);

    private static byte[] Close(ByteWriter frame)
    {
        byte[] bytes = frame.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), (uint)(bytes.Length - FrameHeaderBytes));
        return bytes;
    }

    /// <summary>A number field of a message; 0, proto3's default, if it is left out.</summary>
    private static bool TryReadNumber(ReadOnlySpan<byte> message, ulong number, out ulong value)
    {
        value = 0;
        var reader = new ByteReader(message);
        while (reader.Remaining > 0)
        {
            Field field = NextField(ref reader);
            if (field.Number == number && !field.IsBytes) value = field.Value;
        }

        return !reader.Failed;
    }

    private static Field NextField(ref ByteReader reader)
    {
        ulong tag = reader.Number();
        switch (tag & 7)
        {
            case 0: return new() { Number = tag >> 3, Value = reader.Number() };
            case 1: return new() { Number = tag >> 3, Value = reader.UInt64() };
            case 2: return new() { Number = tag >> 3, IsBytes = true, Bytes = reader.Bytes() };
            case 5: return new() { Number = tag >> 3, Value = reader.UInt32() };
            default:
                reader.Fail();
                return default;
        }
    }

    private ref struct Field
    {
        public ulong Number;
        public bool IsBytes;
        public ulong Value;
        public ReadOnlySpan<byte> Bytes;
    }
}
