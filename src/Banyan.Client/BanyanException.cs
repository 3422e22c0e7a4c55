using Banyan.Client.Protocol;

namespace Banyan.Client;

/// <summary>A request that could not be answered.</summary>
public sealed class BanyanException(FailureCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of failure.</summary>
    public FailureCode Code { get; } = code;
}
