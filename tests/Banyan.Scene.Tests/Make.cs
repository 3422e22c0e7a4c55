using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Scene.Tests;

/// <summary>Operations in few words.</summary>
internal static class Make
{
    public static SpawnOperation Spawn(string parent, params TemplateNode[] nodes) => new(NodeRef.At(parent), new(nodes));

    public static SpawnOperation Spawn(string parent, string name) => Spawn(parent, Root(name));

    public static SpawnOperation Spawn(string parent, string name, uint zone) => Spawn(parent, Root(name, zone));

    public static TemplateNode Root(string name, uint? zone = null) => Node(-1, name, zone);

    public static TemplateNode Node(int parent, string name, uint? zone = null) =>
        new(parent, name, "Node3D", "", [], 0, zone is { } z ? new ZoneId(z) : null, [], []);

    public static DespawnOperation Despawn(string path) => new(NodeRef.At(path));

    public static RenameOperation Rename(string path, string name) => new(NodeRef.At(path), name);

    public static ReparentOperation Reparent(string path, string parent, string? name = null) => new(NodeRef.At(path), NodeRef.At(parent), name);

    public static ReorderOperation Reorder(string path, int place) => new(NodeRef.At(path), place);

    public static SetPropertiesOperation Set(string path, params (string Name, byte[]? Value)[] properties) =>
        new(NodeRef.At(path), Writes(properties));

    public static SetPropertiesOperation Set(NodeId id, params (string Name, byte[]? Value)[] properties) =>
        new(NodeRef.Of(id), Writes(properties));

    public static MoveZoneOperation MoveZone(string path, uint zone) => new(NodeRef.At(path), new(zone));

    public static SetAuthorityOperation SetAuthority(string path, int authority) => new(NodeRef.At(path), authority);

    private static PropertyWrite[] Writes((string Name, byte[]? Value)[] properties) =>
        [.. properties.Select(p => new PropertyWrite(p.Name, p.Value))];
}
