using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Sync.Frames;
using Banyan.Sync.Peers;
using Banyan.Sync.Trees;

namespace Banyan.Sync.Hosting;

/// <summary>What a client follows, on its connection and with its transactions.</summary>
internal sealed class PeerTrees(GameHost host, HostedPeer client) : ITreeEdge
{
    private readonly ByteWriter _frame = new(1024);

    public bool MayChange => client.Admission.Rights != PeerRights.Watch;

    public void Send(ReadOnlySpan<byte> message)
    {
        _frame.Clear();
        _frame.Byte((byte)GatewayFrameKind.Tree);
        _frame.Raw(message);
        client.Connection.Send(_frame.Written);
    }

    public void Run(ITransactionBody body, ulong request, ulong acknowledgedThrough, uint attempt, Action<TransactionOutcome> done) =>
        host.Run(body, RequestOf(request, attempt), acknowledgedThrough, done);

    // The other half of the hash is of its packets. What comes again through another gateway bars all that this one has tried.
    private RequestId RequestOf(ulong request, uint attempt) => Mutation.Is("change-a-tree-twice")
        ? RequestId.None
        : new((ulong)(client.SecretHash >> 64) | 1, request, ((uint)client.Record!.Connection * TreeSession.AttemptsMax) + attempt);
}
