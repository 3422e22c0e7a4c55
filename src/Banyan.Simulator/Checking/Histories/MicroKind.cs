namespace Banyan.Simulator.Checking.Histories;

/// <summary>What one step of a client's operation does to its key.</summary>
public enum MicroKind : byte
{
    /// <summary>Reads a number; <see cref="MicroOperation.Value"/> is what was seen, null if there was nothing.</summary>
    Read,

    /// <summary>Sets the key to <see cref="MicroOperation.Value"/>, whatever stood there; null deletes it.</summary>
    Write,

    /// <summary>Sets the key to <see cref="MicroOperation.Value"/> if it holds <see cref="MicroOperation.Expected"/>.</summary>
    CompareAndSet,

    /// <summary>Puts <see cref="MicroOperation.Value"/> at the end of the key's list.</summary>
    Append,

    /// <summary>Reads a whole list or set; <see cref="MicroOperation.List"/> is what was seen.</summary>
    ReadList,

    /// <summary>Puts <see cref="MicroOperation.Value"/> into the key's set, or adds it to the key's counter.</summary>
    Add,
}
