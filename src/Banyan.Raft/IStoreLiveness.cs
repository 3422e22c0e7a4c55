using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>Support between whole servers, on which a leader's lease rests in place of heartbeats per group.</summary>
/// <remarks>Source: store liveness and leader leases of CockroachDB (kv-notes).</remarks>
public interface IStoreLiveness
{
    /// <summary>False: the group uses its own heartbeats and election timeouts, and gives no lease.</summary>
    bool Enabled { get; }

    /// <summary>False for a while after a restart: no vote may be given, since nobody knows yet what was served before.</summary>
    bool IsOpen { get; }

    /// <summary>This server's clock, which decides about expiry.</summary>
    Timestamp Now { get; }

    /// <summary>What this server has promised to another: the epoch, and whether the promise stands.</summary>
    (ulong Epoch, bool Supported) SupportFor(ServerId leader);

    /// <summary>What another server has promised to this one, at least.</summary>
    (ulong Epoch, Timestamp Expiration) SupportFrom(ServerId follower);
}
