using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Scene.Operations;

/// <content>What each operation reads and writes.</content>
public sealed partial class SceneTransaction
{
    /// <summary>The largest property value, in bytes.</summary>
    public const int ValueBytesMax = 1 << 20;

    /// <summary>The most nodes that one spawn may bring.</summary>
    public const int TemplateNodesMax = 20_000;

    /// <summary>The most records that one move to another zone may take along, and siblings that one reorder may look at.</summary>
    public const int RecordsMax = 50_000;

    private IEnumerable<TransactionStep> Spawn(Transaction t, SpawnOperation o)
    {
        IReadOnlyList<TemplateNode> nodes = o.Template.Nodes;
        if (!CheckTemplate(nodes)) yield break;
        var parent = new Found();
        foreach (TransactionStep step in FindAttached(t, o.Parent, parent)) yield return step;
        if (Error is not null || !CheckDepth(nodes, parent.Depth + 1)) yield break;

        GetStep sibling = t.Get(SceneKeys.Child(parent.Place, nodes[0].Name));
        if (!Mutation.Is("spawn-without-reading-the-name")) yield return sibling;
        if (!Mutation.Is("spawn-without-reading-the-name") && sibling.Value is not null)
        {
            Refuse(SceneErrorCode.DuplicateName, $"{o.Parent} already has a child named \"{nodes[0].Name}\"");
            yield break;
        }

        // Nodes go where they are told, or where their parent is; ids come from the counter of the zone they are born in.
        var places = new NodePlace[nodes.Count];
        var perZone = new SortedDictionary<ZoneId, List<int>>();
        for (int i = 0; i < nodes.Count; i++)
        {
            ZoneId zone = nodes[i].Zone ?? (i == 0 ? parent.Place.Zone : places[nodes[i].ParentNumber].Zone);
            places[i] = new(NodeId.None, zone);
            if (!perZone.TryGetValue(zone, out List<int>? born)) perZone.Add(zone, born = []);
            born.Add(i);
        }

        GetStep counters = t.Get([.. perZone.Keys.Select(SceneKeys.Serials)]);
        yield return counters;
        int counter = 0;
        foreach ((ZoneId zone, List<int> born) in perZone)
        {
            ulong last = DecodeSerial(counters.Values[counter++], zone);
            if (last + (ulong)born.Count > uint.MaxValue)
            {
                Refuse(SceneErrorCode.TooLarge, $"{zone} has no ids left");
                yield break;
            }

            foreach (int i in born) places[i] = places[i] with { Id = NodeId.Of(zone, (uint)++last) };
            t.Put(SceneKeys.Serials(zone), SceneRecords.EncodeNumber(last));
        }

        for (int i = 0; i < nodes.Count; i++)
        {
            TemplateNode node = nodes[i];
            NodePlace above = i == 0 ? parent.Place : places[node.ParentNumber];
            var header = new NodeHeader(above, node.Name, node.Type, node.Instance, node.Groups, o.Authority, 1, node.UniqueId);
            t.Put(SceneKeys.Header(places[i]), header.Encode());
            t.Put(SceneKeys.Child(above, node.Name), new ChildEntry(places[i], NextOrder(t)).Encode());
            foreach (PropertyWrite property in node.Properties)
            {
                if (property.Value is not null) t.Put(SceneKeys.Property(places[i], property.Name), property.Value);
            }

            foreach (PropertyWrite attachment in node.Attachments)
            {
                if (attachment.Value is not null) t.Put(SceneKeys.Attachment(places[i], attachment.Name), attachment.Value);
            }
        }

        _results.Add(places[0].Id);
    }

    private bool CheckTemplate(IReadOnlyList<TemplateNode> nodes)
    {
        if (nodes.Count == 0) return Refuse(SceneErrorCode.BadValue, "nothing to spawn");
        if (nodes.Count > TemplateNodesMax) return Refuse(SceneErrorCode.TooLarge, $"more than {TemplateNodesMax} nodes in one spawn");
        var siblings = new HashSet<(int, string)>();
        for (int i = 0; i < nodes.Count; i++)
        {
            TemplateNode node = nodes[i];
            if (!CheckName(node.Name)) return false;
            bool isRoot = node.ParentNumber == -1;
            if (isRoot != (i == 0) || node.ParentNumber < -1 || node.ParentNumber >= i) return Refuse(SceneErrorCode.BadValue, $"\"{node.Name}\" comes before its parent");
            if (!siblings.Add((node.ParentNumber, node.Name)))
                return Refuse(SceneErrorCode.DuplicateName, $"two siblings named \"{node.Name}\" in what is to be spawned");
            if (node.Groups.Count > NodeHeader.GroupsMax)
                return Refuse(SceneErrorCode.TooLarge, $"{node.Name} is in more than {NodeHeader.GroupsMax} groups");
            foreach (string text in (IEnumerable<string>)[node.Type, node.Instance, .. node.Groups])
            {
                if (!IsShortText(text))
                    return Refuse(SceneErrorCode.BadName, $"{node.Name}: type, instance and groups have {NodeHeader.NameBytesMax} bytes at most");
            }

            foreach (PropertyWrite property in (IEnumerable<PropertyWrite>)[.. node.Properties, .. node.Attachments])
            {
                if (!CheckProperty(node.Name, property)) return false;
            }
        }

        return true;
    }

    private bool CheckDepth(IReadOnlyList<TemplateNode> nodes, int depth)
    {
        var depths = new int[nodes.Count];
        for (int i = 0; i < nodes.Count; i++)
        {
            depths[i] = i == 0 ? depth : depths[nodes[i].ParentNumber] + 1;
            if (depths[i] > DepthMax) return Refuse(SceneErrorCode.TooLarge, $"\"{nodes[i].Name}\" would be deeper than {DepthMax}");
        }

        return true;
    }

    // What the record's decoder will take.
    private static bool IsShortText(string text) =>
        System.Text.Encoding.UTF8.GetByteCount(text) <= NodeHeader.NameBytesMax && ScenePath.IsText(text);

    private bool CheckProperty(string node, PropertyWrite property)
    {
        Error ??= WhyNot(node, property);
        return Error is null;
    }

    /// <summary>Why a property may not be written; null if it may.</summary>
    internal static SceneError? WhyNot(string node, PropertyWrite property)
    {
        if (property.Name.Length == 0 || !IsShortText(property.Name))
            return new(SceneErrorCode.BadName, $"{node}: a property's name has 1 to {NodeHeader.NameBytesMax} bytes");
        if (property.Value is { Length: > ValueBytesMax })
            return new(SceneErrorCode.TooLarge, $"{node}: {property.Name} has {property.Value.Length} bytes, {ValueBytesMax} are allowed");
        return null;
    }

    private static ulong DecodeSerial(byte[]? value, ZoneId zone)
    {
        // The world's root is serial 1 of zone 0 from the start.
        if (value is null) return zone == ZoneId.World ? 1UL : 0UL;
        return SceneRecords.DecodeNumber(value);
    }

    private IEnumerable<TransactionStep> Despawn(Transaction t, DespawnOperation o)
    {
        var node = new Found();
        foreach (TransactionStep step in FindAttached(t, o.Node, node)) yield return step;
        if (Error is not null || !CheckNotRoot(node)) yield break;
        // Detached at once; what hangs below is reaped afterwards, in bounded batches.
        t.Delete(SceneKeys.Child(node.Header.Parent, node.Header.Name));
        t.Put(SceneKeys.Header(node.Place), (node.Header with { Parent = default }).Encode());
        t.Put(SceneKeys.Reap(node.Place), []);
        _results.Add(node.Place.Id);
    }

    private IEnumerable<TransactionStep> Rename(Transaction t, RenameOperation o)
    {
        if (!CheckName(o.Name)) yield break;
        var node = new Found();
        foreach (TransactionStep step in FindAttached(t, o.Node, node)) yield return step;
        if (Error is not null || !CheckNotRoot(node)) yield break;
        foreach (TransactionStep step in Relink(t, node, node.Header.Parent, o.Name, keepOrder: true)) yield return step;
    }

    private IEnumerable<TransactionStep> Reparent(Transaction t, ReparentOperation o)
    {
        if (o.Name is not null && !CheckName(o.Name)) yield break;
        var node = new Found();
        foreach (TransactionStep step in FindAttached(t, o.Node, node)) yield return step;
        if (Error is not null || !CheckNotRoot(node)) yield break;
        var parent = new Found();
        foreach (TransactionStep step in Find(t, o.Parent, parent)) yield return step;
        if (Error is not null) yield break;
        foreach (TransactionStep step in WalkUp(t, parent, node.Place.Id, o.Node.ToString())) yield return step;
        if (Error is not null) yield break;
        if (parent.Depth == DepthMax)
        {
            Refuse(SceneErrorCode.TooLarge, $"{o.Node} would be deeper than {DepthMax}");
            yield break;
        }

        foreach (TransactionStep step in Relink(t, node, parent.Place, o.Name ?? node.Header.Name, keepOrder: false)) yield return step;
    }

    // Moves the directory entry; O(1) whatever hangs below.
    private IEnumerable<TransactionStep> Relink(Transaction t, Found node, NodePlace parent, string name, bool keepOrder)
    {
        Key from = SceneKeys.Child(node.Header.Parent, node.Header.Name);
        Key to = SceneKeys.Child(parent, name);
        GetStep entries = t.Get([from, to]);
        yield return entries;
        Invariant.Holds(entries.Values[0] is not null && ChildEntry.TryDecode(entries.Values[0], out _));
        ChildEntry.TryDecode(entries.Values[0], out ChildEntry before);
        if (from != to)
        {
            if (entries.Values[1] is not null)
            {
                Refuse(SceneErrorCode.DuplicateName, $"there already is a child named \"{name}\"");
                yield break;
            }

            t.Delete(from);
        }

        t.Put(to, new ChildEntry(node.Place, keepOrder ? before.Order : NextOrder(t)).Encode());
        t.Put(SceneKeys.Header(node.Place), (node.Header with { Parent = parent, Name = name }).Encode());
        _results.Add(node.Place.Id);
    }

    private IEnumerable<TransactionStep> Reorder(Transaction t, ReorderOperation o)
    {
        var node = new Found();
        foreach (TransactionStep step in FindAttached(t, o.Node, node)) yield return step;
        if (Error is not null || !CheckNotRoot(node)) yield break;
        ScanStep scan = t.Scan(SceneKeys.Children(node.Header.Parent), RecordsMax);
        yield return scan;
        if (scan.IsTruncated)
        {
            Refuse(SceneErrorCode.TooLarge, $"{o.Node} has more than {RecordsMax} siblings");
            yield break;
        }

        List<(Key Key, ChildEntry Entry)> siblings = SortedChildren(scan);
        int place = o.Place < 0 ? siblings.Count + o.Place : o.Place;
        if (place < 0 || place >= siblings.Count)
        {
            Refuse(SceneErrorCode.BadValue, $"place {o.Place} among {siblings.Count} siblings");
            yield break;
        }

        int at = siblings.FindIndex(s => s.Entry.Child == node.Place);
        Invariant.Holds(at >= 0, "a node is among its parent's children");
        (Key Key, ChildEntry Entry) moved = siblings[at];
        siblings.RemoveAt(at);
        siblings.Insert(place, moved);
        UInt128 below = place > 0 ? siblings[place - 1].Entry.Order : 0;
        bool isLast = place + 1 == siblings.Count;
        UInt128 above = isLast ? UInt128.MaxValue : siblings[place + 1].Entry.Order;
        UInt128 between = isLast ? NextOrder(t) : below + (above - below) / 2;
        if (below < between && between < above)
        {
            t.Put(moved.Key, (moved.Entry with { Order = between }).Encode());
        }
        else
        {
            // No room left between the two: spread all siblings out again.
            foreach ((Key key, ChildEntry entry) in siblings) t.Put(key, (entry with { Order = NextOrder(t) }).Encode());
        }

        _results.Add(node.Place.Id);
    }

    private static List<(Key Key, ChildEntry Entry)> SortedChildren(ScanStep scan)
    {
        var children = new List<(Key Key, ChildEntry Entry)>();
        foreach ((Key key, byte[] value) in scan.Entries)
        {
            Invariant.Holds(ChildEntry.TryDecode(value, out ChildEntry entry));
            children.Add((key, entry));
        }

        children.Sort((a, b) => a.Entry.CompareTo(b.Entry));
        return children;
    }

    private IEnumerable<TransactionStep> Set(Transaction t, NodeRef on, IReadOnlyList<PropertyWrite> writes, Func<NodePlace, string, Key> keyOf)
    {
        foreach (PropertyWrite write in writes)
        {
            if (!CheckProperty(on.ToString(), write)) yield break;
        }

        var node = new Found();
        foreach (TransactionStep step in Find(t, on, node)) yield return step;
        if (Error is not null) yield break;
        foreach (PropertyWrite write in writes)
        {
            Key key = keyOf(node.Place, write.Name);
            if (write.Value is null) t.Delete(key);
            else t.Put(key, write.Value);
        }

        _results.Add(node.Place.Id);
    }

    private IEnumerable<TransactionStep> SetAuthority(Transaction t, SetAuthorityOperation o)
    {
        var node = new Found();
        foreach (TransactionStep step in Find(t, o.Node, node)) yield return step;
        if (Error is not null) yield break;
        t.Put(
            SceneKeys.Header(node.Place),
            (node.Header with { Authority = o.Authority, AuthorityEpoch = node.Header.AuthorityEpoch + 1 }).Encode());
        _results.Add(node.Place.Id);
    }

    private IEnumerable<TransactionStep> MoveZone(Transaction t, MoveZoneOperation o)
    {
        var top = new Found();
        foreach (TransactionStep step in FindAttached(t, o.Node, top)) yield return step;
        if (Error is not null || !CheckNotRoot(top)) yield break;
        ZoneId from = top.Place.Zone;
        if (from == o.Zone)
        {
            _results.Add(top.Place.Id);
            yield break;
        }

        // The entry above points to the new place.
        Key link = SceneKeys.Child(top.Header.Parent, top.Header.Name);
        GetStep entry = t.Get(link);
        yield return entry;
        Invariant.Holds(entry.Value is not null && ChildEntry.TryDecode(entry.Value, out _));
        ChildEntry.TryDecode(entry.Value, out ChildEntry linked);
        t.Put(link, (linked with { Child = top.Place with { Zone = o.Zone } }).Encode());

        var moving = new Queue<(NodePlace Node, NodePlace Parent)>();
        moving.Enqueue((top.Place, top.Header.Parent));
        int moved = 0;
        int records = 0;
        while (moving.TryDequeue(out (NodePlace Node, NodePlace Parent) next))
        {
            if (++moved > TemplateNodesMax)
            {
                Refuse(SceneErrorCode.TooLarge, $"more than {TemplateNodesMax} nodes below {o.Node}");
                yield break;
            }

            NodePlace target = next.Node with { Zone = o.Zone };
            ScanStep scan = t.Scan(SceneKeys.OfNode(next.Node), RecordsMax - records);
            yield return scan;
            records += scan.Entries.Count;
            if (scan.IsTruncated)
            {
                Refuse(SceneErrorCode.TooLarge, $"more than {RecordsMax} records in and below {o.Node}");
                yield break;
            }

            foreach ((Key key, byte[] value) in scan.Entries)
            {
                Invariant.Holds(SceneKeys.TryParse(key, out SceneKey parsed));
                t.Delete(key);
                switch (parsed.Kind)
                {
                    case RecordKind.Header:
                        Invariant.Holds(NodeHeader.TryDecode(value, out NodeHeader header));
                        t.Put(SceneKeys.Header(target), (header with { Parent = next.Parent }).Encode());
                        break;
                    case RecordKind.Property:
                        t.Put(SceneKeys.Property(target, parsed.Name), value);
                        break;
                    case RecordKind.Attachment:
                        if (!Mutation.Is("move-without-attachments")) t.Put(SceneKeys.Attachment(target, parsed.Name), value);
                        break;
                    default:
                        Invariant.Holds(ChildEntry.TryDecode(value, out ChildEntry child));
                        bool comesAlong = child.Child.Zone == from;
                        if (comesAlong) moving.Enqueue((child.Child, target));
                        else foreach (TransactionStep step in PointUp(t, child.Child, target)) yield return step;
                        NodePlace place = comesAlong ? child.Child with { Zone = o.Zone } : child.Child;
                        t.Put(SceneKeys.Child(target, parsed.Name), (child with { Child = place }).Encode());
                        break;
                }
            }

            if (o.Zone == next.Node.Id.BirthZone) t.Delete(SceneKeys.Locator(next.Node.Id));
            else t.Put(SceneKeys.Locator(next.Node.Id), SceneRecords.EncodeNumber(o.Zone.Value));
        }

        _results.Add(top.Place.Id);
    }

    // A child that stays in its own zone must know where its parent is now.
    private IEnumerable<TransactionStep> PointUp(Transaction t, NodePlace child, NodePlace parent)
    {
        var found = new Found();
        foreach (TransactionStep step in ReadHeader(t, child, found)) yield return step;
        t.Put(SceneKeys.Header(child), (found.Header with { Parent = parent }).Encode());
    }

    // Finds a node that hangs in the world: one that is being removed does not exist any more.
    private IEnumerable<TransactionStep> FindAttached(Transaction t, NodeRef node, Found found)
    {
        foreach (TransactionStep step in Find(t, node, found)) yield return step;
        if (Error is null && found.Header.IsRoot && found.Place.Id != NodeId.Root)
            Refuse(SceneErrorCode.NoSuchNode, $"no node {node}: it is being removed");
        // By path the way down was read; by id nothing says yet that what is above still hangs in the world.
        if (Error is not null || node.Id.IsNone) yield break;
        foreach (TransactionStep step in WalkUp(t, found, NodeId.None, node.ToString())) yield return step;
    }

    private bool CheckNotRoot(Found node) =>
        node.Place.Id != NodeId.Root || Refuse(SceneErrorCode.IsRoot, $"{ScenePath.Root} stays as it is");
}
