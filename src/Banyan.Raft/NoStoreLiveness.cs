using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>Plain Raft: heartbeats per group, no leases.</summary>
public sealed class NoStoreLiveness : IStoreLiveness
{
    /// <summary>The only one.</summary>
    public static readonly NoStoreLiveness Instance = new();

    private NoStoreLiveness()
    {
    }

    /// <inheritdoc/>
    public bool Enabled => false;

    /// <inheritdoc/>
    public bool IsOpen => true;

    /// <inheritdoc/>
    public Timestamp Now => Timestamp.Zero;

    /// <inheritdoc/>
    public (ulong Epoch, bool Supported) SupportFor(ServerId leader) => (0, false);

    /// <inheritdoc/>
    public (ulong Epoch, Timestamp Expiration) SupportFrom(ServerId follower) => (0, Timestamp.Zero);
}
