using Banyan.Scene.Records;

namespace Banyan.Sync.World;

/// <summary>Who has to look again when a child of some name comes or goes: nodes whose paths lead, or would lead, through it.</summary>
internal sealed class PathDependents
{
    private readonly Dictionary<(NodeId Parent, string Name), SortedSet<NodeId>> _dependents = [];
    private readonly Dictionary<NodeId, List<(NodeId Parent, string Name)>> _steps = [];

    /// <summary>Notes that a node has looked for a child.</summary>
    public void Note(NodeId dependent, NodeId parent, string name)
    {
        if (!_dependents.TryGetValue((parent, name), out SortedSet<NodeId>? all)) _dependents.Add((parent, name), all = []);
        if (!all.Add(dependent)) return;
        if (!_steps.TryGetValue(dependent, out List<(NodeId, string)>? steps)) _steps.Add(dependent, steps = []);
        steps.Add((parent, name));
    }

    /// <summary>Forgets all that a node has looked for.</summary>
    public void Forget(NodeId dependent)
    {
        if (!_steps.Remove(dependent, out List<(NodeId, string)>? steps)) return;
        foreach ((NodeId, string) step in steps)
        {
            _dependents[step].Remove(dependent);
            if (_dependents[step].Count == 0) _dependents.Remove(step);
        }
    }

    /// <summary>Who looked for a child.</summary>
    public IEnumerable<NodeId> Of(NodeId parent, string name) => _dependents.TryGetValue((parent, name), out SortedSet<NodeId>? all) ? all : [];
}
