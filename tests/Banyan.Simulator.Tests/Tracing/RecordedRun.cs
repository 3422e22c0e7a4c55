using System.Text.Json.Nodes;
using Banyan.Simulator.Tracing;
using Banyan.Simulator.Workloads;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Tests.Tracing;

/// <summary>A run of the simulator and the lines that it has written.</summary>
internal sealed class RecordedRun
{
    private RecordedRun(Verdict verdict, byte[] bytes)
    {
        Verdict = verdict;
        Bytes = bytes;
        Lines = [.. System.Text.Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject())];
    }

    public Verdict Verdict { get; }

    public byte[] Bytes { get; }

    public IReadOnlyList<JsonObject> Lines { get; }

    public static RecordedRun Of(ulong seed, int operations, FaultOptions? faults = null, IReadOnlyList<string>? without = null, int? servers = null)
    {
        var stream = new MemoryStream();
        VirtualTime? time = null;
        using var trace = new NdjsonTrace(stream, () => (ulong)time!.Now);
        Verdict verdict = Simulation.Run(seed, operations, new AppendWorkload(), new RunOptions
        {
            Faults = faults,
            Servers = servers,
            Without = without ?? [],
            Trace = now =>
            {
                time = now;
                return trace;
            },
        });
        return new(verdict, stream.ToArray());
    }

    /// <summary>The lines of one range's log.</summary>
    public List<JsonObject> Log(ulong range) => Copies(l => (string)l["topic"]! == "log-replication" && (ulong)l["range"]! == range);

    /// <summary>The lines of one transaction.</summary>
    public List<JsonObject> Transaction(string id) => Copies(l => (string?)l["id"] == id);

    /// <summary>Transactions that lay intents, in the order in which they began.</summary>
    public IEnumerable<string> Transactions => Lines.Where(l => Is(l, "Begin")).Select(l => (string)l["id"]!);

    public static bool Is(JsonObject line, string name) => (string)line["event"]! == name;

    private List<JsonObject> Copies(Func<JsonObject, bool> which) => [.. Lines.Where(which).Select(l => l.DeepClone().AsObject())];
}
