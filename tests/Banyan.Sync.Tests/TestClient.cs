using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Frames;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests;

/// <summary>One client's end of a session, packet by packet.</summary>
internal sealed class TestClient : IPeerOutbox
{
    private readonly SmallCluster _cluster;
    private readonly PeerSession _session;

    public TestClient(SmallCluster cluster, int peer, PeerRights rights = PeerRights.Play)
    {
        _cluster = cluster;
        _session = cluster.Hub.Add(peer, this, rights: rights);
    }

    /// <summary>A client that can resume; with the memory of an earlier connection, it does.</summary>
    public TestClient(SmallCluster cluster, int peer, SortedDictionary<string, byte[]> memory, PeerHub? hub = null, bool canMove = false)
    {
        _cluster = cluster;
        CanResume = true;
        CanMove = canMove;
        Memory = memory;
        SessionMemory? known = null;
        if (memory.Count > 0) Assert.True(SessionMemory.TryRead(Packed(memory), entriesMax: 1_000, out known));
        _session = (hub ?? cluster.Hub).Add(peer, this, known);
    }

    public bool CanResume { get; }

    public bool CanMove { get; }

    /// <summary>By the key in hexadecimal digits.</summary>
    public SortedDictionary<string, byte[]> Memory { get; } = [];

    /// <summary>Messages of other peers, as they were numbered, and what has been told to have arrived.</summary>
    public List<string> Messages { get; } = [];

    public PeerSession Session => _session;

    public static byte[] Packed(SortedDictionary<string, byte[]> memory)
    {
        var writer = new ByteWriter();
        foreach ((string hex, byte[] value) in memory)
        {
            byte[] key = Convert.FromHexString(hex);
            writer.Byte((byte)key.Length);
            writer.Raw(key);
            writer.UInt16((ushort)value.Length);
            writer.Raw(value);
        }

        return writer.ToArray();
    }

    public void Remember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) Memory.Remove(Convert.ToHexString(key));
        else Memory[Convert.ToHexString(key)] = value.ToArray();
    }

    public void Deliver(int source, uint number, ReadOnlySpan<byte> packet)
    {
        if (number != 0) Messages.Add($"{source} #{number}");
        Received.Add(packet.ToArray());
    }

    public void Hold(uint number)
    {
    }

    public void Release(uint number)
    {
    }

    public void Arrived(int source, uint through) => Messages.Add($"{source} through #{through}");

    /// <summary>What was sent to the client and not looked at yet.</summary>
    public List<byte[]> Received { get; } = [];

    private readonly List<(int At, NodeMove Move)> _moves = []; // behind how many packets

    public List<IReadOnlyList<SceneOperation>> Transactions { get; } = [];

    public List<RpcCall> Calls { get; } = [];

    public List<(int To, byte[] Bytes)> Raw { get; } = [];

    /// <summary>In the words of a log: what was received, and by whose word; all of it is taken out.</summary>
    public string[] TakeLog()
    {
        return [.. TakeAll().Select(one => one.Packet is { } packet ? Describe(packet) : Describe(one.Move!))];
    }

    /// <summary>What was received, packets and moves of nodes, in order; all of it is taken out.</summary>
    public List<(byte[]? Packet, NodeMove? Move)> TakeAll()
    {
        List<(byte[]?, NodeMove?)> all = [.. Received.Select(p => ((byte[]?)p, (NodeMove?)null))];
        for (int i = _moves.Count - 1; i >= 0; i--) all.Insert(_moves[i].At, (null, _moves[i].Move));
        Received.Clear();
        _moves.Clear();
        return all;
    }

    /// <summary>The custom spawns that were received: name, argument, and the spawner's path.</summary>
    public List<(string Name, string Argument, string Spawner)> CustomSpawns()
    {
        var paths = new Dictionary<uint, string>();
        var spawns = new List<(string, string, string)>();
        foreach (byte[] packet in Received.Select(p => Open(p).Inner))
        {
            if (SimplifyPathPacket.TryRead(packet, out SimplifyPathPacket path)) paths[path.Id] = Encoding.UTF8.GetString(path.Path);
            if (!SpawnPacket.TryRead(packet, out SpawnPacket spawn) || !spawn.IsCustom) continue;
            var reader = new ByteReader(spawn.Argument);
            Assert.True(CompressedVariant.TryRead(ref reader, VariantLimits.Peer, out Variant argument));
            spawns.Add((Encoding.UTF8.GetString(spawn.Name), VariantText.Write(argument), paths[spawn.Spawner]));
        }

        return spawns;
    }

    /// <summary>Sends a packet to a peer; why it was refused, if it was.</summary>
    public Refusal? Send(int to, Action<ByteWriter> write)
    {
        var inner = new ByteWriter();
        write(inner);
        if (to == PeerSession.Cluster) return _session.OnPacket(inner.Written);
        var outer = new ByteWriter();
        SystemPacket.WriteRelay(outer, to, inner.Written);
        return _session.OnPacket(outer.Written);
    }

    /// <summary>Sends bytes as they are.</summary>
    public Refusal? Send(params byte[] packet) => _session.OnPacket(packet);

    /// <summary>Confirms all paths that were received, as Godot does.</summary>
    public void ConfirmAll()
    {
        foreach (byte[] packet in Received.ToList())
        {
            (int from, byte[] inner) = Open(packet);
            if (!SimplifyPathPacket.TryRead(inner, out SimplifyPathPacket path)) continue;
            uint id = path.Id;
            Assert.Null(Send(from, writer => ConfirmPathPacket.Write(writer, true, id)));
        }
    }

    /// <summary>Gives a path a number, to a peer.</summary>
    public Refusal? Number(int to, uint id, string path) =>
        Send(to, writer => SimplifyPathPacket.Write(writer, Encoding.UTF8.GetBytes(RpcMethods.None.Md5), id, Encoding.UTF8.GetBytes(path)));

    public void Move(NodeMove move)
    {
        Assert.True(CanMove);
        var writer = new ByteWriter();
        move.WriteTo(writer);
        var reader = new ByteReader(writer.Written);
        Assert.True(NodeMove.TryRead(ref reader, out NodeMove? read));
        Assert.Equal(move, read);
        _moves.Add((Received.Count, move));
    }

    void IPeerOutbox.Send(ReadOnlySpan<byte> packet) => Received.Add(packet.ToArray());

    // The test makes it, and under which ids the nodes come is not told.
    public void Transact(uint number, int index, IReadOnlyList<SceneOperation> operations, Action<bool, IReadOnlyList<NodeId>>? done)
    {
        Transactions.Add(operations);
        done?.Invoke(true, []);
    }

    public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state) => _cluster.Hub.Publish(synchronizer, authorityEpoch, state);

    public void Call(RpcCall call)
    {
        if (call.Node.IsNone)
        {
            Raw.Add((call.To, call.Packet.ToArray()));
            return;
        }

        Calls.Add(call);
        _cluster.Hub.Deliver(call, Timestamp.Zero);
    }

    /// <summary>In whose name a packet is, and the packet without its envelope.</summary>
    public static (int From, byte[] Inner) Open(byte[] packet) =>
        SystemPacket.TryRead(packet, out SystemPacket system) && system.Command == SystemCommand.Relay ? (system.Peer, system.Payload.ToArray()) : (1, packet);

    private static string Describe(NodeMove move) => move switch
    {
        NodeMove.Lift m => $"lift {m.Path}",
        NodeMove.Put m => $"put {m.Parent}/{m.Name}",
        NodeMove.Drop => "drop",
        NodeMove.Free m => $"free {m.Path}{(m.Spawner.Length > 0 ? " of " + m.Spawner : "")}",
        _ => "?",
    };

    private static string Describe(byte[] packet)
    {
        (int from, byte[] inner) = Open(packet);
        return $"{from}: " + Packet.CommandOf(inner) switch
        {
            PacketCommand.SimplifyPath when SimplifyPathPacket.TryRead(inner, out SimplifyPathPacket p) => $"path {Encoding.UTF8.GetString(p.Path)}",
            PacketCommand.ConfirmPath when ConfirmPathPacket.TryRead(inner, out ConfirmPathPacket p) => $"confirmed {p.Id}{(p.MethodsAgree ? "" : " but")}",
            PacketCommand.Spawn when SpawnPacket.TryRead(inner, out SpawnPacket p) => $"spawn {Encoding.UTF8.GetString(p.Name)} with {p.SyncNetIdCount}",
            PacketCommand.Despawn => "despawn",
            PacketCommand.Sync => "sync",
            PacketCommand.Delta => "delta",
            PacketCommand.Rpc when RpcPacket.TryRead(inner, out RpcPacket p) => $"call {p.Method}{(p.HasPath ? " of " + Encoding.UTF8.GetString(p.Path) : "")}",
            PacketCommand.Raw => "raw",
            PacketCommand.System when SystemPacket.TryRead(inner, out SystemPacket p) => $"{p.Command} {p.Peer}",
            _ => "?",
        };
    }
}
