namespace Banyan.Scene.Records;

/// <summary>A unit of placement: its keys are contiguous. 0 is the zone of what has no position.</summary>
public readonly record struct ZoneId(uint Value) : IComparable<ZoneId>
{
    /// <summary>The zone of the world's root and of everything without a position.</summary>
    public static readonly ZoneId World;

    /// <inheritdoc/>
    public int CompareTo(ZoneId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => "z" + Value;
}

/// <summary>
/// A scene node for good: never reused, and kept through rename, reparent and hand-over. The zone it was born in is the
/// high half, so that a locator can be found from the id alone.
/// </summary>
public readonly record struct NodeId(ulong Value) : IComparable<NodeId>
{
    /// <summary>No node.</summary>
    public static readonly NodeId None;

    /// <summary>The root of the world, /root.</summary>
    public static readonly NodeId Root = new(1);

    /// <summary>A node born in a zone under a serial number.</summary>
    public static NodeId Of(ZoneId birthZone, uint serial) => new(((ulong)birthZone.Value << 32) | serial);

    /// <summary>Where it was spawned.</summary>
    public ZoneId BirthZone => new((uint)(Value >> 32));

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => Value == 0;

    /// <inheritdoc/>
    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    /// <summary>"n" and the number; <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => "n" + Value;

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, out NodeId id)
    {
        id = None;
        if (text.Length < 2 || text[0] != 'n' || !ulong.TryParse(text.AsSpan(1), out ulong value) || value == 0) return false;
        id = new(value);
        return true;
    }
}

/// <summary>A node and the zone it is in now: enough to find its records.</summary>
public readonly record struct NodePlace(NodeId Id, ZoneId Zone)
{
    /// <summary>The world's root.</summary>
    public static readonly NodePlace Root = new(NodeId.Root, ZoneId.World);
}
