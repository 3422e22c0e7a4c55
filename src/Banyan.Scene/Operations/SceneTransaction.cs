using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Scene.Operations;

/// <summary>A batch of operations as one transaction on Kv: every operation sees the ones before it, and all happen or none.</summary>
/// <remarks>
/// Whatever decides about an operation is read in the transaction: the directory entries of a path, the header of a node,
/// the way up from a new parent. Two transactions that would together break the tree (a cycle, two children of one name,
/// a child below a node that goes) read what the other writes, so one of them runs again and sees the other's change.
/// </remarks>
public sealed partial class SceneTransaction(IReadOnlyList<SceneOperation> operations) : ITransactionBody
{
    /// <summary>Deeper trees are refused.</summary>
    public const int DepthMax = 1024;

    private readonly List<NodeId> _results = [];
    private uint _appended;

    /// <summary>What is to be done, in order.</summary>
    public IReadOnlyList<SceneOperation> Operations => operations;

    /// <summary>Why the batch was refused; null if it was not. The first failing operation's number is in <see cref="FailedOperation"/>.</summary>
    public SceneError? Error { get; private set; }

    /// <summary>Which operation was refused, counted from 0.</summary>
    public int FailedOperation { get; private set; }

    /// <summary>The node that each operation was about; for a spawn, its new root.</summary>
    public IReadOnlyList<NodeId> Results => _results;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Reply
    {
        get
        {
            var writer = new ByteWriter(16 * _results.Count + 1);
            writer.Number((ulong)_results.Count);
            foreach (NodeId id in _results) writer.Number(id.Value);
            return writer.ToArray();
        }
    }

    /// <summary>Reads a <see cref="Reply"/>.</summary>
    public static bool TryDecodeReply(ReadOnlySpan<byte> reply, out IReadOnlyList<NodeId> results)
    {
        var reader = new ByteReader(reply);
        var ids = new NodeId[reader.Count()];
        for (int i = 0; i < ids.Length; i++) ids[i] = new(reader.Number());
        results = ids;
        return reader.IsAtEnd;
    }

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        Error = null;
        _results.Clear();
        _appended = 0;
        for (FailedOperation = 0; FailedOperation < operations.Count; FailedOperation++)
        {
            foreach (TransactionStep step in Run(transaction, operations[FailedOperation])) yield return step;
            if (Error is null) continue;
            transaction.GiveUp(Error.ToString());
            yield break;
        }
    }

    private IEnumerable<TransactionStep> Run(Transaction t, SceneOperation operation) => operation switch
    {
        SpawnOperation o => Spawn(t, o),
        DespawnOperation o => Despawn(t, o),
        RenameOperation o => Rename(t, o),
        ReparentOperation o => Reparent(t, o),
        ReorderOperation o => Reorder(t, o),
        SetPropertiesOperation o => Set(t, o.Node, o.Properties, SceneKeys.Property),
        SetAttachmentsOperation o => Set(t, o.Node, o.Attachments, SceneKeys.Attachment),
        MoveZoneOperation o => MoveZone(t, o),
        SetAuthorityOperation o => SetAuthority(t, o),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    // Where a node is and what it is; filled by Find.
    internal sealed class Found
    {
        public NodePlace Place;
        public NodeHeader Header = null!;

        // Names on the path below /root; known after a search by path, or a walk up.
        public int Depth;
    }

    // Behind all that hung there when the transaction began, and behind what it has appended itself.
    private UInt128 NextOrder(Transaction t) => ChildEntry.OrderOf(t.ReadTimestamp, _appended++);

    internal IEnumerable<TransactionStep> Lookup(Transaction t, NodeRef node, Found found)
    {
        Error = null;
        return FindAttached(t, node, found);
    }

    private IEnumerable<TransactionStep> Find(Transaction t, NodeRef node, Found found)
    {
        return node.Id.IsNone ? FindByPath(t, node.Path, found) : FindById(t, node.Id, found);
    }

    private IEnumerable<TransactionStep> FindByPath(Transaction t, string path, Found found)
    {
        if (!ScenePath.TrySplit(path, out string[] names, out string? why))
        {
            Error = new(SceneErrorCode.BadPath, why);
            yield break;
        }

        NodePlace place = NodePlace.Root;
        foreach (string name in names)
        {
            GetStep entry = t.Get(SceneKeys.Child(place, name));
            yield return entry;
            if (entry.Value is null)
            {
                Error = new(SceneErrorCode.NoSuchNode, $"no node {path}: nothing is named \"{name}\" there");
                yield break;
            }

            Invariant.Holds(ChildEntry.TryDecode(entry.Value, out ChildEntry child));
            place = child.Child;
        }

        found.Depth = names.Length;
        if (place == NodePlace.Root)
        {
            GetStep root = t.Get(SceneKeys.Header(place));
            yield return root;
            if (root.Value is null)
            {
                Error = new(SceneErrorCode.NoSuchNode, $"no node {path}: the world is not founded yet");
                yield break;
            }
        }

        foreach (TransactionStep step in ReadHeader(t, place, found)) yield return step;
    }

    private IEnumerable<TransactionStep> FindById(Transaction t, NodeId id, Found found)
    {
        var home = new NodePlace(id, id.BirthZone);
        GetStep step = t.Get([SceneKeys.Header(home), SceneKeys.Locator(id)]);
        yield return step;
        byte[]? header = step.Values[0];
        if (header is null && step.Values[1] is { } locator)
        {
            home = home with { Zone = new((uint)SceneRecords.DecodeNumber(locator)) };
            GetStep moved = t.Get(SceneKeys.Header(home));
            yield return moved;
            header = moved.Value;
        }

        if (header is null)
        {
            Error = new(SceneErrorCode.NoSuchNode, $"no node {id}");
            yield break;
        }

        Invariant.Holds(NodeHeader.TryDecode(header, out NodeHeader decoded));
        found.Place = home;
        found.Header = decoded;
    }

    private IEnumerable<TransactionStep> ReadHeader(Transaction t, NodePlace place, Found found)
    {
        GetStep step = t.Get(SceneKeys.Header(place));
        yield return step;
        // Always true: every directory entry matches one header.
        Invariant.Holds(step.Value is not null && NodeHeader.TryDecode(step.Value, out _));
        NodeHeader.TryDecode(step.Value, out NodeHeader header);
        found.Place = place;
        found.Header = header;
    }

    // Reads the way up to the world's root. Refuses if it does not lead there (the node is being removed), or passes a node.
    private IEnumerable<TransactionStep> WalkUp(Transaction t, Found from, NodeId mayNotPass, string what)
    {
        NodePlace at = from.Place;
        NodeHeader header = from.Header;
        for (int depth = 0; ; depth++)
        {
            if (at.Id == mayNotPass && !Mutation.Is("move-below-itself"))
            {
                Error = new(SceneErrorCode.Cycle, $"{what} would hang below itself");
                yield break;
            }

            if (at.Id == NodeId.Root)
            {
                from.Depth = depth;
                yield break;
            }

            if (header.IsRoot)
            {
                Error = new(SceneErrorCode.NoSuchNode, $"no node {what}: it is being removed");
                yield break;
            }

            if (depth == DepthMax)
            {
                Error = new(SceneErrorCode.TooLarge, $"{what} is deeper than {DepthMax}");
                yield break;
            }

            at = header.Parent;
            var up = new Found();
            foreach (TransactionStep step in ReadHeader(t, at, up)) yield return step;
            header = up.Header;
        }
    }

    private bool Refuse(SceneErrorCode code, string message)
    {
        Error = new(code, message);
        return false;
    }

    private bool CheckName(string name)
    {
        return ScenePath.IsValidName(name, out string? why) || Refuse(SceneErrorCode.BadName, why);
    }
}
