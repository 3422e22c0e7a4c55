namespace Banyan.Simulator.Checking.Histories;

/// <summary>How far an operation that returned before another began must also come before it.</summary>
public enum RealTimeOrder : byte
{
    /// <summary>Not at all: plain serializability.</summary>
    Ignored,

    /// <summary>Where both touch the same key and one of them writes it: serializable, and linearizable per key.</summary>
    PerKey,

    /// <summary>Always: strict serializability.</summary>
    Strict,
}
