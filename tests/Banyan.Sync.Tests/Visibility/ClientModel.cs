using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Scene.Records;
using Banyan.Sync.Frames;

namespace Banyan.Sync.Tests.Visibility;

/// <summary>
/// What a Godot client has after the packets that it was sent: which nodes, which numbers for them, which peers. It fails
/// where Godot would print an error, or would if two packets came within one frame. It does not forget numbers of paths whose
/// nodes it has lost, takes none twice, and finds nothing by them.
/// </summary>
internal sealed class ClientModel
{
    private static readonly SortedDictionary<string, string[]> _scenes = new(StringComparer.Ordinal)
    {
        ["player"] = ["Head", "Pose", "Drops", "DropSpawner"],
        ["drop"] = ["State"],
    };

    private readonly SortedSet<string> _nodes = new(StringComparer.Ordinal) { "Main", "Main/Players", "Main/Spawner", "Main/Players/Bob" };
    private readonly SortedDictionary<(int Source, uint Id), string> _paths = [];
    private readonly SortedDictionary<(int Source, uint Id), string> _spawned = [];
    private readonly SortedDictionary<(int Source, uint Id), string> _numbered = [];
    private readonly SortedSet<int> _peers = [1];
    private readonly SortedDictionary<NodeId, string[]> _lifted = []; // paths below each

    public ClientModel()
    {
        foreach (string name in _scenes["player"]) _nodes.Add("Main/Players/Bob/" + name);
    }

    /// <summary>All nodes, by their paths from /root.</summary>
    public IReadOnlySet<string> Nodes => _nodes;

    /// <summary>Peers that it knows, the cluster among them.</summary>
    public IReadOnlySet<int> Peers => _peers;

    /// <summary>Nodes that were moved without being made anew.</summary>
    public int Moves { get; private set; }

    /// <summary>Paths that it is yet to confirm.</summary>
    public Queue<(int Source, uint Id)> Unconfirmed { get; } = [];

    /// <summary>Takes a packet; which node it names, with what kind of packet: null for one about none.</summary>
    public (PacketCommand Command, string[] Named)? Take(byte[] packet)
    {
        (int source, byte[] inner) = TestClient.Open(packet);
        Assert.Contains(source, _peers);
        switch (Packet.CommandOf(inner))
        {
            case PacketCommand.System when SystemPacket.TryRead(inner, out SystemPacket system):
                OnPeer(system.Command, system.Peer);
                return null;
            case PacketCommand.SimplifyPath when SimplifyPathPacket.TryRead(inner, out SimplifyPathPacket simplify):
                string path = Encoding.UTF8.GetString(simplify.Path);
                Assert.Contains(path, _nodes);
                Assert.True(_paths.TryAdd((source, simplify.Id), path), $"{path}: duplicate remote cache ID {simplify.Id} of {source}");
                Unconfirmed.Enqueue((source, simplify.Id));
                return (PacketCommand.SimplifyPath, [path]);
            case PacketCommand.Spawn when SpawnPacket.TryRead(inner, out SpawnPacket spawn):
                return (PacketCommand.Spawn, [OnSpawn(source, spawn)]);
            case PacketCommand.Despawn when DespawnPacket.TryRead(inner, out DespawnPacket despawn):
                Assert.True(_spawned.TryGetValue((source, despawn.NetId), out string? gone), $"a despawn of {despawn.NetId} of {source}, which is not there");
                Free(gone);
                return null;
            case PacketCommand.Sync when SyncPacket.TryRead(inner, out SyncPacket sync):
                var synced = new List<string>();
                foreach (SyncPacket.Entry entry in sync) synced.Add(SynchronizerOf(source, entry.NetId));
                return (PacketCommand.Sync, [.. synced]);
            case PacketCommand.Delta when DeltaPacket.TryRead(inner, out DeltaPacket delta):
                var told = new List<string>();
                foreach (DeltaPacket.Entry entry in delta) told.Add(SynchronizerOf(source, entry.NetId));
                return (PacketCommand.Delta, [.. told]);
            case PacketCommand.Rpc when RpcPacket.TryRead(inner, out RpcPacket rpc):
                string called = rpc.HasPath ? Encoding.UTF8.GetString(rpc.Path) : _paths[(source, rpc.Node)];
                Assert.Contains(called, _nodes);
                return (PacketCommand.Rpc, [called]);
            default:
                Assert.Fail("a packet that no model knows");
                return null;
        }
    }

    /// <summary>Takes what is to be done with a node; the paths at which there is something now.</summary>
    public string[] Take(NodeMove move)
    {
        switch (move)
        {
            case NodeMove.Lift lift:
                Assert.Contains(lift.Path, _nodes);
                string[] below = [.. _nodes.Where(n => n.StartsWith(lift.Path + "/", StringComparison.Ordinal)).Select(n => n[lift.Path.Length..])];
                Assert.True(_lifted.TryAdd(lift.Node, below));
                Free(lift.Path);
                return [];
            case NodeMove.Put put:
                Assert.True(_lifted.Remove(put.Node, out string[]? parts), $"{put.Parent}/{put.Name} is not out");
                Assert.Contains(put.Parent, _nodes);
                string[] paths = [.. parts.Prepend("").Select(part => $"{put.Parent}/{put.Name}{part}")];
                foreach (string path in paths) Assert.True(_nodes.Add(path), $"{path} is there already");
                Moves++;
                return paths;
            case NodeMove.Drop drop:
                Assert.True(_lifted.Remove(drop.Node));
                return [];
            default:
                var free = Assert.IsType<NodeMove.Free>(move);
                Assert.Contains(free.Path, _nodes);
                Free(free.Path);
                return [];
        }
    }

    private void OnPeer(SystemCommand command, int peer)
    {
        if (command == SystemCommand.AddPeer)
        {
            Assert.True(_peers.Add(peer));
            return;
        }

        Assert.Equal(SystemCommand.DelPeer, command);
        Assert.True(_peers.Remove(peer));
        foreach (string freed in _spawned.Where(s => s.Key.Source == peer).Select(s => s.Value).ToList()) Free(freed);
        foreach (var key in _paths.Keys.Where(k => k.Source == peer).ToList()) _paths.Remove(key);
        for (int i = Unconfirmed.Count; i > 0; i--)
        {
            if (Unconfirmed.Dequeue() is var one && one.Source != peer) Unconfirmed.Enqueue(one);
        }
    }

    private string OnSpawn(int source, SpawnPacket spawn)
    {
        Assert.True(_paths.TryGetValue((source, spawn.Spawner), out string? spawner), $"a spawner {spawn.Spawner} of {source}, which it has not named");
        Assert.Contains(spawner, _nodes);
        bool isMain = spawner == "Main/Spawner";
        string parent = isMain ? "Main/Players" : spawner[..^"DropSpawner".Length] + "Drops";
        string path = parent + "/" + Encoding.UTF8.GetString(spawn.Name);
        Assert.True(_nodes.Add(path), $"{path} is there already");
        string scene = isMain && spawn.Scene == 0 ? "player" : "drop";
        foreach (string name in _scenes[scene]) Assert.True(_nodes.Add(path + "/" + name));
        Assert.True(_spawned.TryAdd((source, spawn.NetId), path), $"net id {spawn.NetId} of {source} is taken");
        Assert.InRange(spawn.SyncNetIdCount, 0, 1);
        if (spawn.SyncNetIdCount == 1) _numbered[(source, spawn.SyncNetId(0))] = path + (scene == "player" ? "/Pose" : "/State");
        return path;
    }

    private string SynchronizerOf(int source, uint id)
    {
        if ((id & Packet.PathFlag) == 0)
        {
            Assert.True(_numbered.TryGetValue((source, id), out string? numbered), $"a synchronizer {id} of {source} that no spawn has numbered");
            return numbered;
        }

        string path = _paths[(source, id & ~Packet.PathFlag)];
        Assert.DoesNotContain((source, id & ~Packet.PathFlag), Unconfirmed);
        Assert.Contains(path, _nodes);
        return path;
    }

    private void Free(string top)
    {
        bool IsGone(string path) => path == top || path.StartsWith(top + "/", StringComparison.Ordinal);
        _nodes.RemoveWhere(IsGone);
        foreach (var key in _spawned.Where(s => IsGone(s.Value)).Select(s => s.Key).ToList()) _spawned.Remove(key);
        foreach (var key in _numbered.Where(s => IsGone(s.Value)).Select(s => s.Key).ToList()) _numbered.Remove(key);
        // Within the same frame what it has just lost would still be found, though it is not in the tree any more.
        foreach (var key in _paths.Where(p => IsGone(p.Value)).Select(p => p.Key).ToList()) _paths[key] = "(lost) " + _paths[key];
    }
}
