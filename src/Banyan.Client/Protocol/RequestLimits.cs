using System.Text;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Client.Protocol;

/// <summary>What is refused before anybody looks at the scene: a client asks itself, and a gateway does not rely on it.</summary>
public static class RequestLimits
{
    /// <summary>The longest batch of operations, in bytes of its binary form.</summary>
    public const int BatchBytesMax = GatewayProtocol.RequestBytesMax - 64;

    /// <summary>Why a batch is refused, and which of its operations is to blame; null if nothing is wrong with it.</summary>
    public static SceneError? WhyNot(IReadOnlyList<SceneOperation> operations, out int operation)
    {
        operation = 0;
        if (operations.Count > OperationCodec.OperationsMax)
            return new(SceneErrorCode.TooLarge, $"a batch of {operations.Count} operations, {OperationCodec.OperationsMax} are allowed");
        for (; operation < operations.Count; operation++)
        {
            if (WhyNot(operations[operation]) is { } error) return error;
        }

        return null;
    }

    /// <summary>Why nothing can have this path; null if something can. An id is always fine.</summary>
    public static SceneError? WhyNot(NodeRef node)
    {
        // Nothing longer fits a key of the store.
        if (!node.Id.IsNone || node.Path.Length <= NodeHeader.NameBytesMax / 3) return null;
        int pathBytes = Encoding.UTF8.GetByteCount(node.Path);
        if (pathBytes > OperationCodec.PathBytesMax)
            return new(SceneErrorCode.BadPath, $"a path of {pathBytes} bytes, {OperationCodec.PathBytesMax} are allowed");
        foreach (Range name in node.Path.AsSpan().Split('/'))
        {
            int nameBytes = Encoding.UTF8.GetByteCount(node.Path.AsSpan(name));
            if (nameBytes > NodeHeader.NameBytesMax)
                return new(SceneErrorCode.BadPath, $"a path with a name of {nameBytes} bytes, {NodeHeader.NameBytesMax} are allowed");
        }

        return null;
    }

    private static SceneError? WhyNot(SceneOperation operation) => operation switch
    {
        SpawnOperation o => WhyNot(o.Parent) ?? WhyNot(o.Template),
        DespawnOperation o => WhyNot(o.Node),
        RenameOperation o => WhyNot(o.Node),
        ReparentOperation o => WhyNot(o.Node) ?? WhyNot(o.Parent),
        ReorderOperation o => WhyNot(o.Node),
        SetPropertiesOperation o => WhyNot(o.Node),
        MoveZoneOperation o => WhyNot(o.Node),
        SetAuthorityOperation o => WhyNot(o.Node),
        SetAttachmentsOperation o => WhyNot(o.Node),
        _ => null,
    };

    private static SceneError? WhyNot(SceneTemplate template)
    {
        int count = template.Nodes.Count;
        if (count > SceneTransaction.TemplateNodesMax)
            return new(SceneErrorCode.TooLarge, $"a template of {count} nodes, {SceneTransaction.TemplateNodesMax} are allowed");
        for (int i = 0; i < count; i++)
        {
            if (template.Nodes[i].ParentNumber is var parent && (parent < -1 || parent >= i))
                return new(SceneErrorCode.BadValue, $"node {i} of a template hangs below node {parent}, which does not come before it");
        }

        return null;
    }
}
