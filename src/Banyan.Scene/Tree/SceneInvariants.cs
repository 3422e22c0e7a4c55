using Banyan.Scene.Records;

namespace Banyan.Scene.Tree;

/// <summary>
/// What is always true of the scene, in every snapshot on every server: no cycles, no orphans, every directory entry
/// matches one header and every header one entry (so sibling names are unique), each node has exactly one zone.
/// </summary>
public static class SceneInvariants
{
    /// <summary>Adds one line for everything that is not as it must be.</summary>
    public static void Check(SceneMirror mirror, List<string> violations)
    {
        MirrorNode[] nodes = [.. mirror.Nodes.Values];
        Array.Sort(nodes, (a, b) => SceneMirror.ByPlace.Compare(a.Place, b.Place));
        var zones = new SortedDictionary<NodeId, ZoneId>();
        foreach (MirrorNode node in nodes)
        {
            if (node.Header is null)
            {
                violations.Add($"{node.Id} in {node.Place.Zone} has records but no header");
                continue;
            }

            if (!zones.TryAdd(node.Id, node.Place.Zone)) violations.Add($"{node.Id} is in {zones[node.Id]} and in {node.Place.Zone}");
            CheckLinks(mirror, node, node.Header, violations);
            CheckPlace(mirror, node, violations);
        }

        foreach (NodePlace reap in mirror.Reaps)
        {
            if (mirror[reap] is not { } detached) violations.Add($"{reap.Id} is to be reaped, but is not there");
            else if (!detached.Header!.IsRoot) violations.Add($"{reap.Id} is to be reaped, but has a parent");
        }

        foreach ((NodeId id, ZoneId zone) in mirror.Locators.OrderBy(l => l.Key))
        {
            if (mirror[new(id, zone)] is null) violations.Add($"the locator of {id} leads to nothing in {zone}");
        }

        CheckReach(mirror, nodes, violations);
    }

    private static void CheckLinks(SceneMirror mirror, MirrorNode node, NodeHeader header, List<string> violations)
    {
        if (header.IsRoot)
        {
            if (node.Id != NodeId.Root && !mirror.Reaps.Contains(node.Place))
                violations.Add($"{node.Id} \"{header.Name}\" is an orphan: detached, and nobody is to reap it");
        }
        else if (!mirror.Nodes.TryGetValue(header.Parent, out MirrorNode? parent) || parent.Header is null)
        {
            violations.Add($"{node.Id} \"{header.Name}\" is an orphan: its parent {header.Parent} is not there");
        }
        else if (!parent.Entries.TryGetValue(header.Name, out ChildEntry entry) || entry.Child != node.Place)
        {
            violations.Add($"{node.Id} \"{header.Name}\" has no entry in its parent {parent.Id}");
        }

        foreach ((string name, ChildEntry entry) in node.Entries)
        {
            if (mirror[entry.Child] is not { } child) violations.Add($"{node.Id}: the entry \"{name}\" leads to nothing ({entry.Child})");
            else if (child.Header!.Parent != node.Place || child.Header.Name != name)
                violations.Add($"{node.Id}: the entry \"{name}\" leads to {child.Id}, which is \"{child.Header.Name}\" of {child.Header.Parent.Id}");
        }
    }

    private static void CheckPlace(SceneMirror mirror, MirrorNode node, List<string> violations)
    {
        bool hasLocator = mirror.Locators.TryGetValue(node.Id, out ZoneId located);
        if (node.Place.Zone == node.Id.BirthZone && hasLocator) violations.Add($"{node.Id} is at home and has a locator");
        if (node.Place.Zone != node.Id.BirthZone && (!hasLocator || located != node.Place.Zone))
            violations.Add($"{node.Id} is in {node.Place.Zone}, its locator says otherwise");
        ulong given = mirror.Serials.GetValueOrDefault(node.Id.BirthZone, node.Id.BirthZone == ZoneId.World ? 1UL : 0UL);
        if ((node.Id.Value & uint.MaxValue) > given) violations.Add($"{node.Id} was never given out in {node.Id.BirthZone}");
    }

    private static void CheckReach(SceneMirror mirror, MirrorNode[] nodes, List<string> violations)
    {
        var reached = new HashSet<NodePlace>();
        var waiting = new Queue<NodePlace>(mirror.Reaps);
        if (mirror.Root is not null) waiting.Enqueue(NodePlace.Root);
        while (waiting.TryDequeue(out NodePlace place))
        {
            if (!reached.Add(place))
            {
                violations.Add($"{place.Id} is reached twice");
                continue;
            }

            if (mirror[place] is not { } node) continue;
            foreach (ChildEntry entry in node.Entries.Values) waiting.Enqueue(entry.Child);
        }

        foreach (MirrorNode node in nodes)
        {
            if (node.Header is not null && !reached.Contains(node.Place)) violations.Add($"{node.Id} \"{node.Header.Name}\" is in a cycle or below one");
        }
    }
}
