namespace Banyan.Bench.Load;

/// <summary>A system under load: what the cluster benchmark writes to, Banyan or etcd.</summary>
public interface ILoadTarget
{
    /// <summary>The system's name in reports: "banyan" or "etcd".</summary>
    string System { get; }

    /// <summary>
    /// Writes a value durably under a key of this client and sequence number, and ends once the system has
    /// acknowledged it. Throws where the system refuses or fails: the load generator counts it as an error.
    /// </summary>
    ValueTask WriteAsync(int client, long sequence, ReadOnlyMemory<byte> value);
}
