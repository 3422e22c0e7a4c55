namespace Banyan.Bench.Load;

/// <summary>What a closed loop measured, after its warm-up.</summary>
/// <param name="Operations">Operations that succeeded within the measured time.</param>
/// <param name="Seconds">The measured time.</param>
/// <param name="OpsPerSecond">Operations per second of the measured time.</param>
/// <param name="P50Ms">Median latency, milliseconds.</param>
/// <param name="P99Ms">99th percentile of the latency, milliseconds.</param>
/// <param name="P999Ms">99.9th percentile of the latency, milliseconds.</param>
public sealed record LoadResult(
    long Operations, double Seconds, double OpsPerSecond, double P50Ms, double P99Ms, double P999Ms)
{
    /// <summary>The longest latency, milliseconds.</summary>
    public double MaxMs { get; init; }

    /// <summary>Operations that failed, from the start of the warm-up on. A result with errors is no measurement.</summary>
    public long Errors { get; init; }

    /// <summary>Clients whose last operation had not ended when the drain was given up.</summary>
    public int ClientsStuck { get; init; }

    /// <summary>The first failure's type and message; null if there was none.</summary>
    public string? FirstError { get; init; }

    /// <summary>Processor time that this process spent within the measured time, seconds over all cores.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>Whether every operation succeeded and every client came to its end.</summary>
    public bool IsClean => Errors == 0 && ClientsStuck == 0;
}
