namespace Banyan.Server.Torture.Proxy;

/// <summary>What happens to the bytes that one server sends to another.</summary>
internal sealed record LinkRule
{
    /// <summary>All bytes pass at once.</summary>
    public static readonly LinkRule Open = new();

    /// <summary>Bytes are lost. Since TCP loses none, connections that lost some are reset when the rule ends; new ones get nowhere.</summary>
    public static readonly LinkRule Cut = new() { IsCut = true };

    /// <summary>Bytes are held and delivered when the rule ends.</summary>
    public static readonly LinkRule Frozen = new() { IsFrozen = true };

    public bool IsCut { get; private init; }

    public bool IsFrozen { get; private init; }

    /// <summary>Each piece is late by up to this much; pieces stay in order.</summary>
    public TimeSpan DelayMax { get; init; }

    /// <summary>Bytes a second; 0 for any number.</summary>
    public int BytesPerSecond { get; init; }

    /// <summary>With this probability a piece is delivered by half and its connection reset.</summary>
    public double ResetChance { get; init; }

    /// <summary>Whether a piece must wait its turn instead of going straight through.</summary>
    public bool IsPassing => !IsCut && !IsFrozen && DelayMax == TimeSpan.Zero && BytesPerSecond == 0 && ResetChance == 0;
}
