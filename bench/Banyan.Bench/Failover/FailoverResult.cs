using System.Text;
using System.Text.Json;

namespace Banyan.Bench.Failover;

/// <summary>One killed server.</summary>
/// <param name="Server">Which.</param>
/// <param name="RangesMs">For each range that it led, in the order of keys: from the kill to the first acknowledged write begun after it.</param>
public sealed record FailoverRound(int Server, IReadOnlyList<double> RangesMs)
{
    /// <summary>The first of its ranges to be writable again.</summary>
    public double FirstMs => RangesMs.Min();

    /// <summary>The last of its ranges to be writable again.</summary>
    public double AllRangesMs => RangesMs.Max();
}

/// <summary>All rounds.</summary>
public sealed record FailoverResult(IReadOnlyList<FailoverRound> Rounds)
{
    /// <summary>Of all ranges that a dead server led: half were writable again after this long.</summary>
    public double MedianMs
    {
        get
        {
            double[] all = [.. Rounds.SelectMany(r => r.RangesMs).Order()];
            return (all[(all.Length - 1) / 2] + all[all.Length / 2]) / 2;
        }
    }

    /// <summary>Of all ranges that a dead server led: the slowest.</summary>
    public double WorstMs => Rounds.Max(r => r.AllRangesMs);

    /// <summary>Writes the result as a JSON object.</summary>
    public void WriteJson(Utf8JsonWriter w)
    {
        w.WriteStartObject();
        w.WriteStartArray("rounds");
        foreach (FailoverRound round in Rounds)
        {
            w.WriteStartObject();
            w.WriteNumber("server", round.Server);
            w.WriteNumber("firstMs", Math.Round(round.FirstMs, 1));
            w.WriteNumber("allRangesMs", Math.Round(round.AllRangesMs, 1));
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteNumber("medianMs", Math.Round(MedianMs, 1));
        w.WriteNumber("worstMs", Math.Round(WorstMs, 1));
        w.WriteEndObject();
    }

    /// <summary>The result as text.</summary>
    public string Table()
    {
        var text = new StringBuilder();
        text.AppendLine($"{"server",6} {"first ms",9} {"all ms",9}");
        foreach (FailoverRound round in Rounds) text.AppendLine($"{round.Server,6} {round.FirstMs,9:F0} {round.AllRangesMs,9:F0}");
        text.AppendLine($"of all ranges: median {MedianMs:F0} ms, worst {WorstMs:F0} ms");
        return text.ToString();
    }
}
