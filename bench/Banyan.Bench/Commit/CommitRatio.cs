namespace Banyan.Bench.Commit;

/// <summary>What commits over so many ranges cost, as a multiple of what they cannot cost less than.</summary>
/// <param name="Ranges">Ranges that each transaction writes.</param>
/// <param name="Protocol">"parallel" or "two-phase".</param>
/// <param name="Ratio">The median over the samples of latency ÷ limit; see <see cref="CommitLimit"/>.</param>
public sealed record CommitRatio(int Ranges, string Protocol, double Ratio)
{
    /// <summary>Parallel commits: our protocol.</summary>
    public const string Parallel = "parallel";

    /// <summary>Two-phase commit on the same ranges: intents first, the decision when all of them stand.</summary>
    public const string TwoPhase = "two-phase";

    /// <summary>Writes alone.</summary>
    public const string Blind = "blind";

    /// <summary>One read of one key in each range, all at once, then a write of each.</summary>
    public const string ReadModifyWrite = "read-modify-write";

    /// <summary>"blind" or "read-modify-write".</summary>
    public required string Kind { get; init; }

    /// <summary>Servers, each with a replica of every range.</summary>
    public required int Servers { get; init; }

    /// <summary>Transactions measured.</summary>
    public required int Samples { get; init; }

    /// <summary>The median latency, microseconds of virtual time.</summary>
    public required long MedianMicroseconds { get; init; }

    /// <summary>The median limit, microseconds. Samples differ in coordinator and ranges, and so in their limit.</summary>
    public required long LimitMicroseconds { get; init; }

    /// <summary>99 of 100 samples have at most this ratio.</summary>
    public required double RatioP99 { get; init; }

    /// <summary>The worst sample's ratio.</summary>
    public required double RatioMax { get; init; }

    /// <summary>The longest that a sample took beyond its limit, microseconds.</summary>
    public required long ExcessMaxMicroseconds { get; init; }

    /// <summary>Samples within 1 % of their limit, as a share of all.</summary>
    public required double ShareAtLimit { get; init; }

    /// <summary>Attempts that were started again; none in a quiet cluster.</summary>
    public required long Restarts { get; init; }
}
