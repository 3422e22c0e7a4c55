using System.Diagnostics;
using System.Text.Json;
using Banyan.Bench.Cluster;
using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Primitives;
using Banyan.Scene.Operations;

namespace Banyan.Bench.World;

/// <summary>How a <see cref="WorldBench"/> runs.</summary>
/// <inheritdoc cref="BenchOptions"/>
public sealed record WorldBenchOptions(string Executable, string Folder) : BenchOptions(Executable, Folder)
{
    /// <summary>Scene nodes, about.</summary>
    public int Nodes { get; init; } = 100_000;

    /// <summary>Zones that they lie in.</summary>
    public int Zones { get; init; } = 64;

    /// <summary>Ranges that the zones lie in.</summary>
    public int Ranges { get; init; } = 8;

    /// <summary>How long nothing happens before memory is read.</summary>
    public TimeSpan Settling { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>What a large world costs.</summary>
/// <param name="Nodes">Scene nodes.</param>
/// <param name="MemoryMb">Resident memory of each server, 10⁶ bytes, after nothing has happened for a while.</param>
/// <param name="LoadedMb">The same right after the load.</param>
/// <param name="ImportSeconds">To spawn all nodes.</param>
/// <param name="HealthyMs">From the start of a killed server until it answers that it is well.</param>
/// <param name="RestartMs">From the start of a killed server until its hash at a timestamp after the start equals another server's.</param>
/// <param name="SnapshotMs">From the subscription of a new client to its first whole snapshot.</param>
/// <param name="HashMs">To hash the whole world on one server.</param>
public sealed record WorldBenchResult(
    int Nodes, IReadOnlyList<double> MemoryMb, IReadOnlyList<double> LoadedMb, double ImportSeconds, double HealthyMs, double RestartMs,
    double SnapshotMs, double HashMs);

/// <summary>Memory, load, restart and late join with a large world.</summary>
public static class WorldBench
{
    private const double BytesPerMb = 1e6;

    /// <summary>Runs everything; <paramref name="say"/> is told of the progress.</summary>
    /// <exception cref="InvalidOperationException">The world could not be made, or servers disagree about it.</exception>
    public static async Task<WorldBenchResult> RunAsync(WorldBenchOptions options, Action<string> say)
    {
        using var folder = new BenchFolder(options.Folder);
        await using LocalCluster cluster = await LocalCluster.StartAsync(options.Executable, options.Servers, folder.Path).ConfigureAwait(false);
        await using BanyanClient client = await BanyanClient.ConnectAsync(cluster.Gateways[0]).ConfigureAwait(false);
        GeneratedWorld world = GeneratedWorld.OfAbout(options.Nodes, options.Zones);
        await WorldLoad.WaitForRootAsync(client).ConfigureAwait(false);
        await WorldLoad.CutAsync(client, world.Cuts(options.Ranges), options.Servers).ConfigureAwait(false);
        await ServerProcesses.WaitForSpreadLeasesAsync(cluster, options.Ranges, TimeSpan.FromSeconds(60)).ConfigureAwait(false);

        long began = Stopwatch.GetTimestamp();
        await WorldLoad.SpawnAsync(client, world).ConfigureAwait(false);
        double importSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        IReadOnlyList<double> loadedMb = MemoryMb(cluster);
        say($"{world.Nodes} nodes spawned in {importSeconds:F1} s; the servers hold {string.Join(", ", loadedMb.Select(m => $"{m:F0}"))} MB");
        await Task.Delay(options.Settling).ConfigureAwait(false);
        IReadOnlyList<double> memoryMb = MemoryMb(cluster);
        say($"after {options.Settling.TotalSeconds:F0} s of quiet {string.Join(", ", memoryMb.Select(m => $"{m:F0}"))} MB");

        double snapshotMs = await SnapshotAsync(cluster.Gateways[1], world).ConfigureAwait(false);
        say($"a new subscriber had the whole snapshot after {snapshotMs:F0} ms");
        began = Stopwatch.GetTimestamp();
        SceneHash hash = await client.HashAsync().ConfigureAwait(false);
        double hashMs = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        say($"the hash over {hash.Records} records took {hashMs:F0} ms");

        (double healthyMs, double restartMs) = await RestartAsync(cluster, options.Servers, client).ConfigureAwait(false);
        say($"a killed server was healthy {healthyMs:F0} ms after its start, and had caught up after {restartMs:F0} ms");
        return new(world.Nodes, memoryMb, loadedMb, importSeconds, healthyMs, restartMs, snapshotMs, hashMs);
    }

    private static IReadOnlyList<double> MemoryMb(LocalCluster cluster) => [.. ServerProcesses.ResidentBytes(cluster).Select(b => b / BytesPerMb)];

    private static async Task<double> SnapshotAsync(Uri gateway, GeneratedWorld world)
    {
        await using BanyanClient client = await BanyanClient.ConnectAsync(gateway).ConfigureAwait(false);
        long began = Stopwatch.GetTimestamp();
        await foreach (SceneUpdate update in client.SubscribeAsync().ConfigureAwait(false))
        {
            if (update is not SceneUpdate.Snapshot snapshot) continue;
            double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            // With the world's root.
            if (snapshot.Mirror.Count != world.Nodes + 1) throw new InvalidOperationException($"the snapshot holds {snapshot.Mirror.Count} nodes");
            return milliseconds;
        }

        throw new InvalidOperationException("the subscription ended");
    }

    private static async Task<(double HealthyMs, double RestartMs)> RestartAsync(LocalCluster cluster, int victim, BanyanClient client)
    {
        cluster.Kill(victim);
        // Something that it missed.
        NodeRef node = NodeRef.At(GeneratedWorld.PathOf(0));
        await WriteAsync(client, node, "while it was down").ConfigureAwait(false);
        long began = Stopwatch.GetTimestamp();
        await cluster.RestartAsync(victim).ConfigureAwait(false);
        double healthyMs = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        Timestamp after = await WriteAsync(client, node, "since it is back").ConfigureAwait(false);
        await using BanyanClient back = await BanyanClient.ConnectAsync(cluster.Gateways[victim - 1]).ConfigureAwait(false);
        while (true)
        {
            try
            {
                SceneHash theirs = await back.HashAsync(after).ConfigureAwait(false);
                double restartMs = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                SceneHash ours = await client.HashAsync(after).ConfigureAwait(false);
                if (ours.Hash != theirs.Hash || ours.Records != theirs.Records)
                    throw new InvalidOperationException($"the servers disagree at {after}: {ours.Hash:x16} over {ours.Records} records, {theirs.Hash:x16} over {theirs.Records}");
                return (healthyMs, restartMs);
            }
            catch (BanyanException) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60))
            {
                // It has not caught up yet.
                await Task.Delay(10).ConfigureAwait(false);
            }
        }
    }

    private static async Task<Timestamp> WriteAsync(BanyanClient client, NodeRef node, string text)
    {
        var write = new PropertyWrite("note", Scene.Records.PropertyValue.Encode(text));
        TransactOutcome outcome = await client.TransactAsync(new SetPropertiesOperation(node, [write])).ConfigureAwait(false);
        return outcome is TransactOutcome.Committed committed ? committed.Timestamp : throw new InvalidOperationException($"a write failed: {outcome}");
    }

    /// <summary>Writes the result as a JSON object.</summary>
    public static void WriteJson(Utf8JsonWriter w, WorldBenchResult result)
    {
        w.WriteStartObject();
        w.WriteNumber("nodes", result.Nodes);
        WriteAll(w, "memoryMb", result.MemoryMb);
        WriteAll(w, "loadedMb", result.LoadedMb);
        w.WriteNumber("healthyMs", Math.Round(result.HealthyMs));
        w.WriteNumber("restartMs", Math.Round(result.RestartMs));
        w.WriteNumber("snapshotMs", Math.Round(result.SnapshotMs));
        w.WriteNumber("hashMs", Math.Round(result.HashMs));
        w.WriteNumber("importSeconds", Math.Round(result.ImportSeconds, 1));
        w.WriteEndObject();
    }

    private static void WriteAll(Utf8JsonWriter w, string name, IReadOnlyList<double> values)
    {
        w.WriteStartArray(name);
        foreach (double value in values) w.WriteNumberValue(Math.Round(value, 1));
        w.WriteEndArray();
    }

    /// <summary>The result as text.</summary>
    public static string Table(WorldBenchResult r) =>
        $"""
        {r.Nodes} nodes, spawned in {r.ImportSeconds:F1} s
        memory of each server   {string.Join(", ", r.MemoryMb.Select(m => $"{m:F0}"))} MB (right after the load {string.Join(", ", r.LoadedMb.Select(m => $"{m:F0}"))})
        restart, caught up      {r.RestartMs:F0} ms (healthy after {r.HealthyMs:F0})
        snapshot of a newcomer  {r.SnapshotMs:F0} ms
        hash over everything    {r.HashMs:F0} ms

        """;
}
