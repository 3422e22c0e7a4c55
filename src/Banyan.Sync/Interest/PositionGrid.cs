using Banyan.Scene.Records;

namespace Banyan.Sync.Interest;

/// <summary>Nodes that are seen from the same distance, by the cells of a grid: who is near is in a cell that is next to one's own.</summary>
internal sealed class PositionGrid(double distance)
{
    // The cell of what is further out is the outermost.
    private const double CellMax = 1e6;

    private readonly double _size = distance * InterestRules.LeaveFactor;
    private readonly Dictionary<(int X, int Y, int Z), List<(NodeId Node, Position Position)>> _cells = [];

    /// <summary>Adds a node; one that is no place is near nobody.</summary>
    public void Add(NodeId node, Position position)
    {
        if (!position.IsFinite) return;
        (int, int, int) cell = CellOf(position);
        if (!_cells.TryGetValue(cell, out List<(NodeId, Position)>? nodes)) _cells.Add(cell, nodes = []);
        nodes.Add((node, position));
    }

    /// <summary>Adds to <paramref name="to"/> what is near a place.</summary>
    /// <param name="center">The place.</param>
    /// <param name="before">What was near already, and so may be a little further.</param>
    /// <param name="to">A set.</param>
    public void FindNear(Position center, HashSet<NodeId> before, HashSet<NodeId> to)
    {
        (int x, int y, int z) = CellOf(center);
        for (int i = 0; i < 27; i++)
        {
            if (!_cells.TryGetValue((x + (i % 3) - 1, y + (i / 3 % 3) - 1, z + (i / 9) - 1), out List<(NodeId Node, Position Position)>? nodes)) continue;
            foreach ((NodeId node, Position position) in nodes)
            {
                double squared = center.SquaredDistanceTo(position);
                // Few lie where it matters whether they were near before.
                if (IsNear(squared, distance, wasNear: true) && (IsNear(squared, distance, wasNear: false) || before.Contains(node))) to.Add(node);
            }
        }
    }

    /// <summary>Whether something is near at a distance, for whom it was, or was not, before.</summary>
    public static bool IsNear(double squaredDistance, double distance, bool wasNear)
    {
        double reach = wasNear ? distance * InterestRules.LeaveFactor : distance;
        return squaredDistance <= reach * reach;
    }

    private (int X, int Y, int Z) CellOf(Position position) => (Along(position.X), Along(position.Y), Along(position.Z));

    private int Along(double coordinate) => (int)Math.Clamp(Math.Floor(coordinate / _size), -CellMax, CellMax);
}
