using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Client.Protocol;

/// <summary>The binary form of scene operations.</summary>
public static class OperationCodec
{
    /// <summary>Operations in one batch.</summary>
    public const int OperationsMax = 10_000;

    private enum Kind : byte { Spawn = 1, Despawn, Rename, Reparent, Reorder, SetProperties, MoveZone, SetAuthority, SetAttachments }

    /// <summary>Writes a batch.</summary>
    public static void Encode(ByteWriter w, IReadOnlyList<SceneOperation> operations)
    {
        w.Number((ulong)operations.Count);
        foreach (SceneOperation operation in operations) Encode(w, operation);
    }

    /// <summary>Reads a batch; false if it is none.</summary>
    /// <remarks>Texts are bounded by the frame alone: one that is too long is a refusal, not the end of a connection.</remarks>
    public static bool TryDecode(ref ByteReader r, out IReadOnlyList<SceneOperation> operations)
    {
        operations = [];
        int count = r.Count();
        if (count > OperationsMax) return false;
        var list = new List<SceneOperation>(Math.Min(count, 256));
        for (int i = 0; i < count && !r.Failed; i++)
        {
            if (Decode(ref r) is not { } operation) return false;
            list.Add(operation);
        }

        operations = list;
        return !r.Failed;
    }

    private static void Encode(ByteWriter w, SceneOperation operation)
    {
        switch (operation)
        {
            case SpawnOperation o:
                w.Byte((byte)Kind.Spawn);
                Encode(w, o.Parent);
                w.UInt32((uint)o.Authority);
                Encode(w, o.Template);
                break;
            case DespawnOperation o:
                w.Byte((byte)Kind.Despawn);
                Encode(w, o.Node);
                break;
            case RenameOperation o:
                w.Byte((byte)Kind.Rename);
                Encode(w, o.Node);
                w.Text(o.Name);
                break;
            case ReparentOperation o:
                w.Byte((byte)Kind.Reparent);
                Encode(w, o.Node);
                Encode(w, o.Parent);
                w.Bool(o.Name is not null);
                if (o.Name is not null) w.Text(o.Name);
                break;
            case ReorderOperation o:
                w.Byte((byte)Kind.Reorder);
                Encode(w, o.Node);
                w.UInt32((uint)o.Place);
                break;
            case SetPropertiesOperation o:
                w.Byte((byte)Kind.SetProperties);
                Encode(w, o.Node);
                Encode(w, o.Properties);
                break;
            case MoveZoneOperation o:
                w.Byte((byte)Kind.MoveZone);
                Encode(w, o.Node);
                w.UInt32(o.Zone.Value);
                break;
            case SetAuthorityOperation o:
                w.Byte((byte)Kind.SetAuthority);
                Encode(w, o.Node);
                w.UInt32((uint)o.Authority);
                break;
            case SetAttachmentsOperation o:
                w.Byte((byte)Kind.SetAttachments);
                Encode(w, o.Node);
                Encode(w, o.Attachments);
                break;
            default:
                Invariant.Unreachable(operation.GetType().Name);
                break;
        }
    }

    private static SceneOperation? Decode(ref ByteReader r)
    {
        switch ((Kind)r.Byte())
        {
            case Kind.Spawn:
                NodeRef parent = DecodeRef(ref r);
                int authority = (int)r.UInt32();
                return DecodeTemplate(ref r) is { } template ? new SpawnOperation(parent, template, authority) : null;
            case Kind.Despawn:
                return new DespawnOperation(DecodeRef(ref r));
            case Kind.Rename:
                return new RenameOperation(DecodeRef(ref r), r.Text());
            case Kind.Reparent:
                NodeRef node = DecodeRef(ref r);
                NodeRef to = DecodeRef(ref r);
                return new ReparentOperation(node, to, r.Bool() ? r.Text() : null);
            case Kind.Reorder:
                return new ReorderOperation(DecodeRef(ref r), (int)r.UInt32());
            case Kind.SetProperties:
                return new SetPropertiesOperation(DecodeRef(ref r), DecodeProperties(ref r));
            case Kind.MoveZone:
                return new MoveZoneOperation(DecodeRef(ref r), new(r.UInt32()));
            case Kind.SetAuthority:
                return new SetAuthorityOperation(DecodeRef(ref r), (int)r.UInt32());
            case Kind.SetAttachments:
                return new SetAttachmentsOperation(DecodeRef(ref r), DecodeProperties(ref r));
            default:
                return null;
        }
    }

    /// <summary>Writes what names a node.</summary>
    public static void Encode(ByteWriter w, NodeRef node)
    {
        w.Number(node.Id.Value);
        if (node.Id.IsNone) w.Text(node.Path);
    }

    /// <summary>Reads what names a node.</summary>
    public static NodeRef DecodeRef(ref ByteReader r)
    {
        var id = new NodeId(r.Number());
        return id.IsNone ? NodeRef.At(r.Text()) : NodeRef.Of(id);
    }

    /// <summary>The longest path, in UTF-8 bytes.</summary>
    public const int PathBytesMax = 16 << 10;

    private static void Encode(ByteWriter w, IReadOnlyList<PropertyWrite> properties)
    {
        w.Number((ulong)properties.Count);
        foreach (PropertyWrite property in properties)
        {
            w.Text(property.Name);
            w.Bool(property.Value is not null);
            if (property.Value is not null) w.Bytes(property.Value);
        }
    }

    private static PropertyWrite[] DecodeProperties(ref ByteReader r)
    {
        var properties = new PropertyWrite[r.Count(bytesEach: 2)];
        for (int i = 0; i < properties.Length && !r.Failed; i++)
        {
            string name = r.Text();
            properties[i] = new(name, r.Bool() ? r.Bytes().ToArray() : null);
        }

        return properties;
    }

    private static void Encode(ByteWriter w, SceneTemplate template)
    {
        w.Number((ulong)template.Nodes.Count);
        foreach (TemplateNode node in template.Nodes)
        {
            w.Number((ulong)(node.ParentNumber + 1));
            w.Text(node.Name);
            w.Text(node.Type);
            w.Text(node.Instance);
            w.Number((ulong)node.Groups.Count);
            foreach (string group in node.Groups) w.Text(group);
            w.UInt32((uint)node.UniqueId);
            w.Bool(node.Zone is not null);
            if (node.Zone is { } zone) w.UInt32(zone.Value);
            Encode(w, node.Properties);
            Encode(w, node.Attachments);
        }
    }

    private static SceneTemplate? DecodeTemplate(ref ByteReader r)
    {
        int count = r.Count(bytesEach: 8);
        if (count > SceneTransaction.TemplateNodesMax) return null;
        var nodes = new List<TemplateNode>(Math.Min(count, 256));
        for (int i = 0; i < count; i++)
        {
            ulong parent = r.Number();
            if (r.Failed || parent > (ulong)i) return null;
            string name = r.Text();
            string type = r.Text();
            string instance = r.Text();
            var groups = new string[r.Count()];
            for (int g = 0; g < groups.Length && !r.Failed; g++) groups[g] = r.Text();
            int unique = (int)r.UInt32();
            ZoneId? zone = r.Bool() ? new ZoneId(r.UInt32()) : null;
            nodes.Add(new((int)parent - 1, name, type, instance, groups, unique, zone, DecodeProperties(ref r), DecodeProperties(ref r)));
        }

        return r.Failed ? null : new(nodes);
    }
}
