namespace Banyan.Godot.Multiplayer;

/// <summary>Which of a synchronizer's states is the newer one, by the 16-bit numbers of their sync packets.</summary>
/// <remarks>
/// Godot's rule, with its edges: a greater number is always newer, however far ahead; a smaller one is newer only from
/// 32,767 back on, when the counter must have wrapped; the same one is old. Source: update_inbound_sync_time of
/// multiplayer_synchronizer.cpp.
/// </remarks>
public record struct SyncSequence
{
    private const int WrapDistance = 32767;

    /// <summary>The last number taken; null before the first, and after Godot's <c>reset</c>.</summary>
    public ushort? Last { get; private set; }

    /// <summary>Takes a state's number; false, and nothing changes, if the state is too old to be used.</summary>
    public bool TryAdvance(ushort sequence)
    {
        if (Last is { } last && !IsNewer(sequence, last)) return false;
        Last = sequence;
        return true;
    }

    /// <summary>Whether a state replaces the last one.</summary>
    public static bool IsNewer(ushort sequence, ushort last) => sequence > last || last - sequence >= WrapDistance;
}
