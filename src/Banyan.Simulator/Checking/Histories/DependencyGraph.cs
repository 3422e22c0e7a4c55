using Banyan.Primitives;

namespace Banyan.Simulator.Checking.Histories;

/// <summary>Who must come before whom, and where that bites its own tail.</summary>
/// <remarks>
/// Nodes below <c>operationCount</c> are operations; those above are junctions, each of which stands for the edges from all
/// that lead into it to all that it leads to: so that "everything that returned before everything that began later" takes
/// as many edges as there are operations, and not their square.
/// </remarks>
internal sealed class DependencyGraph(int operationCount)
{
    private readonly int _operationCount = operationCount;
    private const int SearchEdgesMax = 4_000_000;
    private readonly List<Dependency> _edges = [];
    private int[] _firstEdge = [];
    private Dependency[] _sorted = [];

    /// <summary>Operations and junctions.</summary>
    public int NodeCount { get; private set; } = operationCount;

    /// <summary>A new junction.</summary>
    public int NewJunction() => NodeCount++;

    /// <summary>Adds an edge; one from a node to itself says nothing and is left out.</summary>
    public void Add(Dependency edge)
    {
        if (edge.From != edge.To) _edges.Add(edge);
    }

    /// <summary>Sorts the edges by where they start; to be called when all are there.</summary>
    public void Seal()
    {
        _firstEdge = new int[NodeCount + 1];
        foreach (Dependency edge in _edges) _firstEdge[edge.From + 1]++;
        for (int i = 0; i < NodeCount; i++) _firstEdge[i + 1] += _firstEdge[i];
        _sorted = new Dependency[_edges.Count];
        int[] next = _firstEdge[..^1];
        foreach (Dependency edge in _edges) _sorted[next[edge.From]++] = edge;
        _edges.Clear();
    }

    /// <summary>The component of each node, by edges of some kinds only; -1 for a node that is alone in its own.</summary>
    /// <remarks>Tarjan's algorithm, with a stack of its own since a chain can be as long as the history.</remarks>
    public int[] Components(Dependencies allowed)
    {
        var component = new int[NodeCount];
        var order = new int[NodeCount];
        var low = new int[NodeCount];
        var nextEdge = new int[NodeCount];
        var open = new Stack<int>();
        var path = new Stack<int>();
        Array.Fill(component, -2);
        int count = 0;
        int components = 0;
        for (int root = 0; root < NodeCount; root++)
        {
            if (order[root] != 0) continue;
            Enter(root);
            while (path.TryPeek(out int node))
            {
                if (nextEdge[node] < _firstEdge[node + 1])
                {
                    Dependency edge = _sorted[nextEdge[node]++];
                    if ((edge.Why & (allowed | Dependencies.Through)) == 0) continue;
                    if (order[edge.To] == 0) Enter(edge.To);
                    else if (component[edge.To] == -2) low[node] = Math.Min(low[node], order[edge.To]);
                    continue;
                }

                path.Pop();
                if (path.TryPeek(out int parent)) low[parent] = Math.Min(low[parent], low[node]);
                if (low[node] == order[node]) Close(node);
            }
        }

        return component;

        void Enter(int node)
        {
            order[node] = low[node] = ++count;
            nextEdge[node] = _firstEdge[node];
            open.Push(node);
            path.Push(node);
        }

        void Close(int node)
        {
            bool alone = open.Peek() == node;
            int id = alone ? -1 : components++;
            int member;
            do
            {
                member = open.Pop();
                component[member] = id;
            }
            while (member != node);
        }
    }

    /// <summary>
    /// In each component the shortest cycle that starts with an edge of one kind and goes on by edges of the allowed
    /// kinds; at most <paramref name="cyclesMax"/> of them. In a very large component it looks only at the first starts.
    /// </summary>
    public List<List<Dependency>> ShortestCycles(int[] component, Dependencies start, Dependencies allowed, int cyclesMax)
    {
        var best = new SortedDictionary<int, List<Dependency>>();
        var search = new CycleSearch(this, component, allowed);
        int budget = SearchEdgesMax;
        for (int node = 0; node < _operationCount && budget > 0; node++)
        {
            if (component[node] < 0) continue;
            for (int i = _firstEdge[node]; i < _firstEdge[node + 1] && budget > 0; i++)
            {
                Dependency edge = _sorted[i];
                if ((edge.Why & start) == 0 || component[edge.To] != component[node]) continue;
                int shortest = best.TryGetValue(component[node], out List<Dependency>? known) ? known.Count : int.MaxValue;
                if (shortest == int.MaxValue && best.Count == cyclesMax) continue;
                if (search.Find(edge, shortest, ref budget) is { } cycle) best[component[node]] = cycle;
            }
        }

        return [.. best.Values];
    }

    // Breadth first; the ways through a junction cost nothing.
    private sealed class CycleSearch(DependencyGraph graph, int[] component, Dependencies allowed)
    {
        private readonly int[] _visited = new int[graph.NodeCount];
        private readonly int[] _cameBy = new int[graph.NodeCount];
        private readonly int[] _distance = new int[graph.NodeCount];
        private readonly LinkedList<int> _queue = new();
        private int _round;

        public List<Dependency>? Find(Dependency first, int shorterThan, ref int budget)
        {
            _round++;
            _queue.Clear();
            Reach(first.To, -1, 1);
            while (_queue.First is { } head)
            {
                int node = head.Value;
                _queue.RemoveFirst();
                if (_distance[node] >= shorterThan) return null;
                if (node == first.From) return Way(first);
                for (int i = graph._firstEdge[node]; i < graph._firstEdge[node + 1]; i++)
                {
                    budget--;
                    Dependency edge = graph._sorted[i];
                    if ((edge.Why & (allowed | Dependencies.Through)) == 0 || component[edge.To] != component[node]) continue;
                    int distance = _distance[node] + (edge.Why == Dependencies.Through ? 0 : 1);
                    if (_visited[edge.To] == _round && _distance[edge.To] <= distance) continue;
                    Reach(edge.To, i, distance);
                }
            }

            return null;
        }

        private void Reach(int node, int by, int distance)
        {
            bool free = by >= 0 && graph._sorted[by].Why == Dependencies.Through;
            _visited[node] = _round;
            _cameBy[node] = by;
            _distance[node] = distance;
            if (free) _queue.AddFirst(node);
            else _queue.AddLast(node);
        }

        // From operation to operation: a way through junctions becomes one edge, with the reason of its first part.
        private List<Dependency> Way(Dependency first)
        {
            var parts = new List<Dependency>();
            for (int node = first.From; node != first.To;)
            {
                Dependency edge = graph._sorted[_cameBy[node]];
                parts.Add(edge);
                node = edge.From;
            }

            parts.Add(first);
            parts.Reverse();
            var way = new List<Dependency>();
            foreach (Dependency part in parts)
            {
                if (part.Why != Dependencies.Through)
                {
                    way.Add(part);
                    continue;
                }

                Invariant.Holds(way.Count > 0);
                way[^1] = way[^1] with { To = part.To };
            }

            return way;
        }
    }
}
