using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>The versions of a key that has more than one: a value, and the version before it. Never changed.</summary>
/// <remarks>
/// A slot holds the newest timestamp and an object: the value itself (or null, a tombstone) for a key of one version,
/// which is the common case and costs nothing extra, or a chain. Reads near the present stop at its front; a read far
/// back walks it, at most as far as garbage collection lets it grow.
/// </remarks>
internal sealed class VersionChain(byte[]? value, Timestamp olderTimestamp, object? older)
{
    /// <summary>What the timestamp above stands for in managed memory, in bytes: header, three fields.</summary>
    public const int Overhead = 40;

    public readonly byte[]? Value = value;
    public readonly Timestamp OlderTimestamp = olderTimestamp;
    public readonly object? Older = older;

    /// <summary>The value of the first version of what a slot or a chain holds.</summary>
    public static byte[]? ValueOf(object? held) => held is VersionChain chain ? chain.Value : (byte[]?)held;
}
