using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;
using Banyan.Scene.Records;

namespace Banyan.Scene.Importing;

/// <summary>
/// Which nodes of a scene begin a zone: those in the group "zone"; in a scene without any, each outermost instance.
/// </summary>
/// <remarks>
/// A zone's number is the Hilbert code of the 64 m cell in which its node stands, so neighbours in space are neighbours
/// in the key space; 2D scenes count 64 pixels as a metre. Zones without a position come before them.
/// </remarks>
internal static class ZonePlacement
{
    private const string Group = "zone";
    private const double CellMetres = 64;
    private const double PixelsPerMetre = 64;
    private const int Bits = 15;

    /// <summary>For each node that begins a zone, which; null for all others.</summary>
    public static ZoneId?[] Of(ExpandedScene scene)
    {
        bool hasGroup = scene.Nodes.Any(n => n.Groups.Contains(Group));
        var zones = new ZoneId?[scene.Nodes.Length];
        var origins = new (double X, double Z)[scene.Nodes.Length];
        var within = new bool[scene.Nodes.Length];
        for (int i = 0; i < scene.Nodes.Length; i++)
        {
            ExpandedNode node = scene.Nodes[i];
            (double X, double Z) above = node.Parent < 0 ? default : origins[node.Parent];
            (double x, double z) = OriginOf(node);
            origins[i] = (above.X + x, above.Z + z);
            bool isInside = node.Parent >= 0 && within[node.Parent];
            bool begins = hasGroup ? node.Groups.Contains(Group) : node.InstanceRoot && node.Parent >= 0 && !isInside;
            within[i] = isInside || begins;
            if (begins) zones[i] = ZoneAt(origins[i].X, origins[i].Z);
        }

        return zones;
    }

    // Rotations and scales above are left out: a zone only has to be near its neighbours.
    private static (double X, double Z) OriginOf(ExpandedNode node)
    {
        foreach ((string name, Variant value) in node.Properties)
        {
            switch (name, value.Type)
            {
                case ("transform", VariantType.Transform3D):
                    Vector3 origin = value.AsTransform3D().Origin;
                    return (origin.X, origin.Z);
                case ("position", VariantType.Vector3):
                    Vector3 position = value.AsVector3();
                    return (position.X, position.Z);
                case ("position", VariantType.Vector2):
                    Vector2 flat = value.AsVector2();
                    return (flat.X / PixelsPerMetre, flat.Y / PixelsPerMetre);
            }
        }

        return default;
    }

    private static ZoneId ZoneAt(double x, double z)
    {
        uint side = 1u << Bits;
        return new(0x8000_0000 | HilbertCode(Cell(x, side), Cell(z, side)));
    }

    private static uint Cell(double metres, uint side)
    {
        double cell = Math.Floor(metres / CellMetres) + side / 2.0;
        return double.IsNaN(cell) ? side / 2 : (uint)Math.Clamp(cell, 0, side - 1);
    }

    // The curve's index of a cell, high bits first (Hamilton, "Compact Hilbert Indices", section 2).
    private static uint HilbertCode(uint x, uint y)
    {
        uint code = 0;
        for (uint s = 1u << (Bits - 1); s > 0; s >>= 1)
        {
            uint rx = (x & s) > 0 ? 1u : 0u;
            uint ry = (y & s) > 0 ? 1u : 0u;
            code = (code << 2) | ((3 * rx) ^ ry);
            if (ry != 0) continue;
            if (rx == 1) (x, y) = (s - 1 - (x & (s - 1)), s - 1 - (y & (s - 1)));
            (x, y) = (y, x);
        }

        return code;
    }
}
