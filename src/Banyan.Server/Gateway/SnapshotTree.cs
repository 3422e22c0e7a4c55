using Banyan.Kv.Feeds;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Storage;

namespace Banyan.Server.Gateway;

/// <summary>Looks nodes up in a pinned world, without the store's loop.</summary>
internal static class SnapshotTree
{
    /// <summary>Finds a node by path or id.</summary>
    public static bool TryFind(StoreSnapshot snapshot, NodeRef node, out NodePlace place, out SceneError? error)
    {
        error = null;
        place = NodePlace.Root;
        if (!node.Id.IsNone)
        {
            byte[]? locator = snapshot.Get(SceneKeys.Locator(node.Id));
            ZoneId zone = locator is null ? node.Id.BirthZone : SceneKeys.DecodeLocator(locator);
            place = new(node.Id, zone);
            if (snapshot.Get(SceneKeys.Header(place)) is null) error = new(SceneErrorCode.NoSuchNode, $"no node {node}");
            return error is null;
        }

        if (!ScenePath.TrySplit(node.Path, out string[] names, out string? why))
        {
            error = new(SceneErrorCode.BadPath, why);
            return false;
        }

        if (snapshot.Get(SceneKeys.Header(place)) is null)
        {
            error = new(SceneErrorCode.NoSuchNode, "the world is empty");
            return false;
        }

        foreach (string name in names)
        {
            if (snapshot.Get(SceneKeys.Child(place, name)) is not { } entry || !ChildEntry.TryDecode(entry, out ChildEntry child))
            {
                error = new(SceneErrorCode.NoSuchNode, $"no node {node.Path}: nothing is named \"{name}\" there");
                return false;
            }

            place = child.Child;
        }

        return true;
    }

    /// <summary>The records of a node and of all below it down to a depth.</summary>
    public static IEnumerable<VersionedEntry> Below(StoreSnapshot snapshot, NodePlace top, int depth)
    {
        var waiting = new Stack<(NodePlace Place, int Depth)>();
        waiting.Push((top, 0));
        while (waiting.TryPop(out (NodePlace Place, int Depth) next))
        {
            foreach (VersionedEntry record in snapshot.Scan(SceneKeys.OfNode(next.Place)))
            {
                yield return record;
                if (next.Depth >= depth || !SceneKeys.TryParse(record.Key, out SceneKey key) || key.Kind != RecordKind.Child) continue;
                if (ChildEntry.TryDecode(record.Value, out ChildEntry child)) waiting.Push((child.Child, next.Depth + 1));
            }
        }
    }
}
