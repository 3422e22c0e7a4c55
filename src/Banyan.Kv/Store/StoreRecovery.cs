using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Kv.Store;

/// <summary>What checkpoint and log held when the server started.</summary>
public sealed class StoreRecovery
{
    internal const byte LivenessKind = 0;

    /// <summary>The durable part of store liveness; empty on a first start.</summary>
    public byte[] Liveness { get; private set; } = [];

    /// <summary>What the log says of each range.</summary>
    public SortedDictionary<RangeId, RecoveredRange> Logs { get; } = [];

    /// <summary>The states of the checkpoint, or newer ones that came as snapshots.</summary>
    public List<RangeState> States { get; } = [];
}
