namespace Banyan.Client;

/// <summary>The knobs of a <see cref="BanyanClient"/>.</summary>
public sealed record ClientOptions
{
    /// <summary>How long a request may take, retries through other servers included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the gateway asks for where games need tokens: one with the right to "operate"; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>How long one attempt to connect may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Pause before an attempt to connect, after the first round of all gateways has failed.</summary>
    public TimeSpan ReconnectPause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>A connection that is silent for so long is given up.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(3);
}
