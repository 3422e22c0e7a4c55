using System.Diagnostics.CodeAnalysis;
using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Client;

internal sealed class TransactRequest(ulong sequence, byte[] operations, Func<ulong> acknowledgedThrough) : PendingRequest
{
    private const uint SentMax = 20;
    private readonly TaskCompletionSource<TransactOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ulong Sequence => sequence;

    /// <summary>Set when a server could not tell: the client sends it again, as another try.</summary>
    public bool WantsAnotherTry { get; set; }

    public Task<TransactOutcome> Done => _done.Task;

    public override void Encode(ByteWriter writer)
    {
        writer.Byte((byte)RequestKind.Transact);
        writer.Number(Number);
        writer.Number(sequence);
        writer.Number(Sent);
        writer.Number(acknowledgedThrough());
        writer.Raw(operations);
    }

    public override bool OnReply(ReplyKind kind, ReadOnlySpan<byte> rest, out bool isOver)
    {
        isOver = true;
        var reader = new ByteReader(rest);
        if (kind == ReplyKind.Failed)
        {
            if (!Failure.TryRead(rest, out BanyanException? failure)) return false;
            // This gateway has not begun with it; what became of an earlier try it does not know.
            _done.TrySetResult(Sent <= 1 ? new TransactOutcome.Unavailable(failure.Message) : new TransactOutcome.Ambiguous(failure.Message));
            return true;
        }

        if (kind != ReplyKind.Outcome || ReplyCodec.DecodeOutcome(ref reader) is not { } outcome) return false;
        if (outcome is TransactOutcome.Ambiguous && Sent < SentMax)
        {
            WantsAnotherTry = true;
            isOver = false;
            return true;
        }

        _done.TrySetResult(outcome);
        return true;
    }

    public override void OnTimeout(string why) => _done.TrySetResult(
        Sent == 0 ? new TransactOutcome.Unavailable(why) : new TransactOutcome.Ambiguous(why));
}

internal sealed class ReadTreeRequest(NodeRef node, Timestamp at, int depth) : PendingRequest
{
    private readonly TaskCompletionSource<SceneView> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SceneMirror _mirror = new();

    public Task<SceneView> Done => _done.Task;

    public override void Encode(ByteWriter writer)
    {
        _mirror = new();
        writer.Byte((byte)RequestKind.ReadTree);
        writer.Number(Number);
        OperationCodec.Encode(writer, node);
        writer.Timestamp(at);
        writer.Number((ulong)depth);
    }

    public override bool OnReply(ReplyKind kind, ReadOnlySpan<byte> rest, out bool isOver)
    {
        isOver = true;
        if (kind == ReplyKind.Failed)
        {
            if (!Failure.TryRead(rest, out BanyanException? failure)) return false;
            _done.TrySetException(failure);
            return true;
        }

        var reader = new ByteReader(rest);
        Timestamp timestamp = reader.Timestamp();
        isOver = reader.Bool();
        var top = new NodePlace(new(reader.Number()), new((uint)reader.Number()));
        if (kind != ReplyKind.Records || !ReplyCodec.TryDecodeChanges(ref reader, out List<RecordChange> records)) return false;
        foreach (RecordChange record in records) _mirror.Apply(record.Key, record.Value);
        if (isOver) _done.TrySetResult(new(timestamp, top, _mirror));
        return true;
    }

    public override void OnTimeout(string why) => _done.TrySetException(new BanyanException(FailureCode.Unavailable, why));
}

/// <summary>A hash over the whole scene at a timestamp.</summary>
/// <param name="Timestamp">When.</param>
/// <param name="Hash">Equal on every server.</param>
/// <param name="Records">Records that it is over.</param>
public readonly record struct SceneHash(Timestamp Timestamp, ulong Hash, long Records);

internal sealed class HashRequest(Timestamp at) : PendingRequest
{
    private readonly TaskCompletionSource<SceneHash> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<SceneHash> Done => _done.Task;

    public override void Encode(ByteWriter writer)
    {
        writer.Byte((byte)RequestKind.Hash);
        writer.Number(Number);
        writer.Timestamp(at);
    }

    public override bool OnReply(ReplyKind kind, ReadOnlySpan<byte> rest, out bool isOver)
    {
        isOver = true;
        if (kind == ReplyKind.Failed)
        {
            if (!Failure.TryRead(rest, out BanyanException? failure)) return false;
            _done.TrySetException(failure);
            return true;
        }

        var reader = new ByteReader(rest);
        var hash = new SceneHash(reader.Timestamp(), reader.UInt64(), (long)reader.Number());
        if (kind != ReplyKind.Hash || !reader.IsAtEnd) return false;
        _done.TrySetResult(hash);
        return true;
    }

    public override void OnTimeout(string why) => _done.TrySetException(new BanyanException(FailureCode.Unavailable, why));
}

internal sealed class CutRequest(Key key, ServerId preferred) : PendingRequest
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public override void Encode(ByteWriter writer)
    {
        writer.Byte((byte)RequestKind.Cut);
        writer.Number(Number);
        writer.Key(key);
        writer.Number(preferred.Value);
    }

    public override bool OnReply(ReplyKind kind, ReadOnlySpan<byte> rest, out bool isOver)
    {
        isOver = true;
        if (kind == ReplyKind.Done && rest.IsEmpty) _done.TrySetResult();
        else if (kind == ReplyKind.Failed && Failure.TryRead(rest, out BanyanException? failure)) _done.TrySetException(failure);
        else return false;
        return true;
    }

    public override void OnTimeout(string why) => _done.TrySetException(new BanyanException(FailureCode.Unavailable, why));
}

internal static class Failure
{
    public static bool TryRead(ReadOnlySpan<byte> rest, [NotNullWhen(true)] out BanyanException? failure)
    {
        var reader = new ByteReader(rest);
        var code = (FailureCode)reader.Byte();
        string message = reader.Text();
        failure = reader.IsAtEnd ? new(code, message) : null;
        return failure is not null;
    }
}
