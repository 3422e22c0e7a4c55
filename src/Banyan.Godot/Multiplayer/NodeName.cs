namespace Banyan.Godot.Multiplayer;

/// <summary>Which names a spawned node may have.</summary>
/// <remarks>
/// Those that Godot's <c>validate_node_name</c> leaves as they are: none of <c>. : @ / " %</c>. A comment where Godot
/// receives a spawn says that automatic names (<c>@Node@2</c>) are let in; its code refuses them, and so do we.
/// </remarks>
public static class NodeName
{
    /// <summary>The longest name, in bytes of UTF-8.</summary>
    public const int BytesMax = 1024;

    /// <summary>Whether a node may be spawned under this name.</summary>
    public static bool IsValid(ReadOnlySpan<byte> utf8) => !utf8.ContainsAny(".:@/\"%"u8) && PacketText.IsValid(utf8, BytesMax);
}
