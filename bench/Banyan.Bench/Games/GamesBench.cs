using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;
using Banyan.Kv.Ranges;
using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Simulator.World;
using Banyan.SmallGames;
using Banyan.Storage;
using Banyan.Sync.Frames;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Bench.Games;

/// <summary>What is measured.</summary>
/// <param name="Synchronizers">Of two Vector3 each, sent always; all of them change in every tick.</param>
/// <param name="Clients">Stock Godot clients that see all of them.</param>
/// <param name="Ticks">Measured.</param>
public sealed record GamesBenchOptions(int Synchronizers = 1000, int Clients = 10, int Ticks = 300);

/// <summary>One gateway's work of a tick: taking all states, and making all packets of all clients.</summary>
/// <param name="TickMs">At the median.</param>
/// <param name="TickP99Ms">At the 99th percentile.</param>
/// <param name="NanosecondsPerEntityAndClient">Of the median.</param>
/// <param name="BytesPerTick">To all clients.</param>
/// <param name="AllocatedPerTick">Bytes of garbage.</param>
public sealed record GamesBenchResult(double TickMs, double TickP99Ms, double NanosecondsPerEntityAndClient, long BytesPerTick, long AllocatedPerTick);

/// <summary>The live plane of Godot clients, without sockets: what Godot's own server does in a poll.</summary>
public static class GamesBench
{
    /// <summary>Builds the world, lets the clients join, and measures.</summary>
    public static GamesBenchResult Run(GamesBenchOptions options)
    {
        var hub = new PeerHub(new(new Level(options.Synchronizers)), PeerLimits.Default);
        hub.Apply(Records(options.Synchronizers));
        var clients = new Client[options.Clients];
        for (int i = 0; i < clients.Length; i++) clients[i] = new(hub, i + 2);
        Synchronizer[] synchronizers = [.. hub.World.Synchronizers.Values];
        Invariant.Holds(synchronizers.Length == options.Synchronizers);
        var milliseconds = new double[options.Ticks];
        var state = new ByteWriter(64);
        Tick(-50);
        for (int tick = -49; tick < 0; tick++) Tick(tick); // warm
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        foreach (Client client in clients) client.Bytes = 0;
        for (int tick = 0; tick < options.Ticks; tick++)
        {
            long began = Stopwatch.GetTimestamp();
            Tick(tick);
            milliseconds[tick] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(milliseconds);
        double median = milliseconds[options.Ticks / 2];
        return new(
            median, milliseconds[(int)(options.Ticks * 0.99)], median * 1e6 / ((double)options.Synchronizers * options.Clients),
            clients.Sum(c => c.Bytes) / options.Ticks, allocated / options.Ticks);

        void Tick(int tick)
        {
            foreach (Synchronizer synchronizer in synchronizers)
            {
                state.Clear();
                State.Write(state, [new Vector3(tick, 1, 2), new Vector3(3, tick, 4)]);
                hub.Publish(synchronizer.Node, synchronizer.AuthorityEpoch, state.Written);
            }

            hub.Tick(Timestamp.Zero);
        }
    }

    /// <summary>The result as JSON.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="options">What was measured.</param>
    /// <param name="result">What has come out.</param>
    /// <param name="godot">The same in Godot itself; null if there was none.</param>
    public static void WriteJson(Utf8JsonWriter writer, GamesBenchOptions options, GamesBenchResult result, GodotPoll? godot)
    {
        writer.WriteStartObject();
        writer.WriteNumber("synchronizers", options.Synchronizers);
        writer.WriteNumber("clients", options.Clients);
        writer.WriteNumber("tickMs", Math.Round(result.TickMs, 3));
        writer.WriteNumber("tickP99Ms", Math.Round(result.TickP99Ms, 3));
        writer.WriteNumber("nanosecondsPerEntityAndClient", Math.Round(result.NanosecondsPerEntityAndClient, 1));
        writer.WriteNumber("bytesPerTick", result.BytesPerTick);
        writer.WriteNumber("allocatedPerTick", result.AllocatedPerTick);
        if (godot is not null)
        {
            writer.WriteNumber("godotPollMs", Math.Round(godot.PollMs, 3));
            writer.WriteNumber("godotPollP99Ms", Math.Round(godot.PollP99Ms, 3));
            writer.WriteNumber("godotBytesPerPoll", godot.BytesPerPoll);
            writer.WriteString("godot", godot.Engine);
            writer.WriteNumber("shareOfGodot", Math.Round(result.TickMs / godot.PollMs, 3));
        }

        writer.WriteEndObject();
    }

    /// <summary>The result in words.</summary>
    public static string Table(GamesBenchOptions options, GamesBenchResult result, GodotPoll? godot) =>
        $"{options.Synchronizers} synchronizers, {options.Clients} clients: {result.TickMs:F2} ms a tick (p99 {result.TickP99Ms:F2}), "
        + $"{result.NanosecondsPerEntityAndClient:F0} ns an entity and client, {result.BytesPerTick} bytes, {result.AllocatedPerTick} bytes allocated\n"
        + (godot is null ? "" : $"Godot itself ({godot.Engine}): {godot.PollMs:F2} ms a poll (p99 {godot.PollP99Ms:F2}), {godot.BytesPerPoll} bytes; a tick here is {result.TickMs / godot.PollMs:P0} of that\n");

    // The level's records, as an import leaves them.
    private static VersionEvent[] Records(int synchronizers)
    {
        var cluster = new SimulatedCluster(1, servers: 1, [], FaultOptions.None);
        cluster.Start();
        Commit(cluster, new FoundWorld());
        Invariant.Holds(SceneExpander.TryExpand(Level.Path, new Level(synchronizers), ExpandLimits.Default, out ExpandedScene level, out _));
        foreach (IReadOnlyList<SceneOperation> batch in ImportPlan.Of(level, ScenePath.Root).Batches) Commit(cluster, new SceneTransaction(batch));
        var newest = new SortedDictionary<Key, VersionEvent>();
        foreach (Replica replica in cluster.Servers.First().Store!.Replicas.Values)
        {
            foreach (VersionRecord version in replica.State.Versions.History(SceneKeys.All))
            {
                if (!newest.TryGetValue(version.Key, out VersionEvent known) || known.Timestamp < version.Timestamp)
                    newest[version.Key] = new(version.Key, version.Timestamp, version.Value);
            }
        }

        return [.. newest.Values];
    }

    private static void Commit(SimulatedCluster cluster, ITransactionBody body)
    {
        TransactionOutcome? outcome = null;
        cluster.Servers.First().Do(store => store.Coordinator.Run(body, RequestId.None, 0, o => outcome = o));
        while (outcome is null) cluster.Time.Step();
        Invariant.Holds(outcome is TransactionOutcome.Committed);
    }

    private sealed class Level(int synchronizers) : IProjectFiles
    {
        public const string Path = "res://level.tscn";

        public bool TryRead(string resPath, out string text)
        {
            var scene = new StringBuilder($"""
                [gd_scene load_steps=2 format=3]

                {SceneText.Config(1, Replicated.Always(".:position"), Replicated.Always(".:rotation"))}

                [node name="Level" type="Node3D"]


                """);
            for (int i = 0; i < synchronizers; i++)
            {
                scene.Append($"[node name=\"N{i}\" type=\"Node3D\" parent=\".\"]\n\n");
                scene.Append($"[node name=\"S\" type=\"MultiplayerSynchronizer\" parent=\"N{i}\"]\nreplication_config = SubResource(\"1\")\n\n");
            }

            text = resPath == Path ? scene.ToString() : "";
            return text.Length > 0;
        }

        public bool TryResolveUid(string uid, out string resPath)
        {
            resPath = "";
            return false;
        }
    }

    // Confirms every path, and counts what comes.
    private sealed class Client : IPeerOutbox
    {
        private readonly List<uint> _paths = [];

        public Client(PeerHub hub, int peer)
        {
            PeerSession session = hub.Add(peer, this);
            var writer = new ByteWriter();
            foreach (uint path in _paths.ToList())
            {
                writer.Clear();
                ConfirmPathPacket.Write(writer, true, path);
                Invariant.Holds(session.OnPacket(writer.Written) is null);
            }
        }

        public long Bytes { get; set; }

        public void Send(ReadOnlySpan<byte> packet)
        {
            Bytes += packet.Length;
            if (SimplifyPathPacket.TryRead(packet, out SimplifyPathPacket path)) _paths.Add(path.Id);
        }

        public bool CanResume => false;

        public bool CanMove => false;

        public void Move(NodeMove move) => Invariant.Unreachable("nobody moves");

        public void Remember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Invariant.Unreachable("nobody resumes");

        public void Deliver(int source, uint number, ReadOnlySpan<byte> packet) => Invariant.Unreachable("nobody calls");

        public void Hold(uint number) => Invariant.Unreachable("nobody writes");

        public void Release(uint number) => Invariant.Unreachable("nobody writes");

        public void Transact(uint number, int index, IReadOnlyList<SceneOperation> operations, Action<bool, IReadOnlyList<NodeId>>? done) => Invariant.Unreachable("nobody writes");

        public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state) => Invariant.Unreachable("nobody writes");

        public void Call(RpcCall call) => Invariant.Unreachable("nobody calls");

        public void Arrived(int source, uint through) => Invariant.Unreachable("nobody calls");
    }
}
