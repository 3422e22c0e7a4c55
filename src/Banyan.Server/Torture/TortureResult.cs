using System.Text.Json;

namespace Banyan.Server.Torture;

/// <summary>What a run of <c>banyan torture</c> ends with.</summary>
internal sealed record TortureResult
{
    public required double Minutes { get; init; }

    public required ulong Seed { get; init; }

    public required int Servers { get; init; }

    /// <summary>Operations of all outcomes.</summary>
    public required long Operations { get; init; }

    /// <summary>Over the whole run, faults included.</summary>
    public required double OperationsPerSecond { get; init; }

    /// <summary>Between the faults.</summary>
    public required double CalmOperationsPerSecond { get; init; }

    public required long Ok { get; init; }

    public required long Failed { get; init; }

    public required long Ambiguous { get; init; }

    public required IReadOnlyDictionary<string, long> Kinds { get; init; }

    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    public required IReadOnlyList<string> Violations { get; init; }

    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    public required double MaxMs { get; init; }

    /// <summary>Kinds of faults that were asked for and not possible here, with the reason.</summary>
    public required IReadOnlyDictionary<string, string> LeftOut { get; init; }

    /// <summary>Sets of keys whose histories were checked.</summary>
    public required int Generations { get; init; }

    /// <summary>Of these, checked without real time since a clock was further off than its bound.</summary>
    public required int GenerationsWithoutRealTime { get; init; }

    /// <summary>Keys of which the search for a linearization took too long.</summary>
    public required int Undecided { get; init; }

    /// <summary>Where histories are kept; null if none is.</summary>
    public required string? Histories { get; init; }

    public void WriteJson(Utf8JsonWriter w)
    {
        w.WriteNumber("minutes", Minutes);
        w.WriteNumber("seed", Seed);
        w.WriteNumber("servers", Servers);
        w.WriteNumber("operations", Operations);
        w.WriteNumber("operationsPerSecond", OperationsPerSecond);
        w.WriteNumber("calmOperationsPerSecond", CalmOperationsPerSecond);
        w.WriteNumber("ok", Ok);
        w.WriteNumber("failed", Failed);
        w.WriteNumber("ambiguous", Ambiguous);
        w.WriteStartObject("kinds");
        foreach ((string kind, long count) in Kinds) w.WriteNumber(kind, count);
        w.WriteEndObject();
        w.WriteStartObject("faults");
        foreach ((string kind, int count) in Faults) w.WriteNumber(kind, count);
        w.WriteEndObject();
        w.WriteStartArray("violations");
        foreach (string violation in Violations) w.WriteStringValue(violation);
        w.WriteEndArray();
        w.WriteStartObject("latencyMs");
        w.WriteNumber("p50", P50Ms);
        w.WriteNumber("p99", P99Ms);
        w.WriteNumber("max", MaxMs);
        w.WriteEndObject();
        w.WriteStartObject("leftOut");
        foreach ((string kind, string why) in LeftOut) w.WriteString(kind, why);
        w.WriteEndObject();
        w.WriteNumber("generations", Generations);
        w.WriteNumber("generationsWithoutRealTime", GenerationsWithoutRealTime);
        w.WriteNumber("undecided", Undecided);
        if (Histories is not null) w.WriteString("histories", Histories);
    }

    public void WriteText(TextWriter to)
    {
        to.WriteLine($"{Minutes} minutes, {Servers} servers, seed {Seed}");
        to.WriteLine($"{Operations} operations, {OperationsPerSecond:F0} a second ({CalmOperationsPerSecond:F0} between faults): {Ok} ok, {Failed} failed, {Ambiguous} ambiguous");
        to.WriteLine($"latency: half within {P50Ms} ms, 99 % within {P99Ms} ms, at most {MaxMs} ms");
        to.WriteLine($"faults: {(Faults.Count == 0 ? "none" : string.Join(", ", Faults.Select(f => $"{f.Key} {f.Value}")))}");
        foreach ((string kind, string why) in LeftOut) to.WriteLine($"left out: {kind}: {why}");
        to.WriteLine($"{Generations} sets of keys checked, {GenerationsWithoutRealTime} of them without real time, {Undecided} keys undecided");
        to.WriteLine(Violations.Count == 0 ? "no violation" : $"{Violations.Count} VIOLATIONS");
        foreach (string violation in Violations) to.WriteLine("  " + violation);
        if (Histories is not null) to.WriteLine($"histories: {Histories}");
    }
}
