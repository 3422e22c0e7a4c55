using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Interest;

/// <summary>What is near the clients of one server, and so which nodes and which peers they are told of.</summary>
/// <remarks>
/// <code>
/// WorldChange ─► Apply:  what was spawned, whose it is ──┐
/// time        ─► Update: where everything is now ────────┼─► AreaOfInterest ─► Take: what each session has yet to hear
/// a call      ─► Meet:   a caller from further away ─────┘
/// </code>
/// A peer is known to those who see something of it: its own node, what it writes or has spawned. One that has something
/// which all see, or nothing in the tree at all, is known to everybody.
/// </remarks>
public sealed class InterestMap(InterestRules rules, GameWorld world, LiveTable live, PeerLimits limits)
{
    /// <summary>How often positions are looked at, in microseconds; less often where too many are together.</summary>
    public const long UpdateEvery = 250_000;

    // The work grows with the pairs of who sees what, and so does the time until the next look: a crowd that all see each
    // other may not take all of the server's time.
    private const long UpdateEveryOfPair = 1;

    /// <summary>How long a caller from further away stays known after its last call, in microseconds.</summary>
    public const long MetFor = 30_000_000;

    private readonly NodePositions _positions = new(world, live, limits.Values);
    private readonly SortedDictionary<NodeId, Tracked> _tracked = [];
    private readonly SortedDictionary<int, Belongings> _peers = [];
    private readonly Dictionary<string, int> _peerOfPath = new(StringComparer.Ordinal);
    private readonly SortedDictionary<NodeId, SortedSet<int>> _owners = [];
    private readonly SortedDictionary<int, AreaOfInterest> _areas = [];
    private Timestamp _nextUpdate;

    // A node that is seen from a distance only.
    private readonly record struct Tracked(Position Position, double Distance);

    // What is a peer's own among the nodes that are seen from a distance.
    private sealed class Belongings
    {
        public SortedSet<NodeId> Nodes { get; set; } = [];

        // Its own node, the one that it looks from; None while it is not there.
        public NodeId From { get; set; }

        // It has something that everybody sees, or nothing at all.
        public bool IsEverywhere { get; set; }
    }

    /// <summary>Whether distances matter.</summary>
    public bool IsOn => !rules.IsEmpty;

    /// <summary>A peer of any server has come; it is known to nobody before the next <see cref="Apply"/> or <see cref="Update"/>.</summary>
    public void AddPeer(int peer)
    {
        if (!IsOn || !_peers.TryAdd(peer, new())) return;
        if (rules.NodeOf(peer) is { } path) _peerOfPath[path] = peer;
    }

    /// <summary>A peer has gone.</summary>
    public void RemovePeer(int peer)
    {
        if (!_peers.Remove(peer, out Belongings? own)) return;
        foreach (NodeId node in own.Nodes) Disown(node, peer);
        foreach (AreaOfInterest area in _areas.Values) area.Met.Remove(peer);
        if (rules.NodeOf(peer) is { } path) _peerOfPath.Remove(path);
    }

    /// <summary>A client of this server begins to see.</summary>
    public void AddViewer(int viewer)
    {
        if (!IsOn) return;
        AddPeer(viewer);
        Reckon(viewer);
        var area = new AreaOfInterest();
        _areas.Add(viewer, area);
        area.Center = CenterOf(viewer);
        foreach ((NodeId node, Tracked tracked) in _tracked)
        {
            if (IsNear(viewer, area, node, tracked)) area.Near.Add(node);
        }
    }

    /// <summary>A client of this server sees no more.</summary>
    public void RemoveViewer(int viewer) => _areas.Remove(viewer);

    /// <summary>Whether a spawned node is near enough to be there for a client of this server.</summary>
    public bool Includes(int viewer, NodeId spawned) =>
        !_tracked.ContainsKey(spawned) || !_areas.TryGetValue(viewer, out AreaOfInterest? area) || area.Near.Contains(spawned);

    /// <summary>Whether a peer is somewhere, known or not; never where distances do not matter.</summary>
    public bool IsThere(int peer) => _peers.ContainsKey(peer);

    /// <summary>Whether a client of this server is to know a peer.</summary>
    public bool Knows(int viewer, int peer)
    {
        if (viewer == peer || !_peers.TryGetValue(peer, out Belongings? own) || !_areas.TryGetValue(viewer, out AreaOfInterest? area)) return false;
        // Its own are few: it is those that are looked up.
        return own.IsEverywhere || area.Near.Overlaps(own.Nodes) || area.Met.ContainsKey(peer);
    }

    /// <summary>The peers that a client of this server is to know.</summary>
    public IReadOnlySet<int> PeersOf(int viewer) => new SortedSet<int>(_peers.Keys.Where(peer => Knows(viewer, peer)));

    /// <summary>What a client has yet to hear of; null for nothing.</summary>
    public AreaChange? Take(int viewer) => _areas.TryGetValue(viewer, out AreaOfInterest? area) ? area.TakeChange() : null;

    /// <summary>A peer that a client does not know has called it: it knows it for a while. False if that peer is not there.</summary>
    public bool Meet(int viewer, int peer, Timestamp now)
    {
        if (!_peers.ContainsKey(peer) || !_areas.TryGetValue(viewer, out AreaOfInterest? area)) return false;
        area.Met[peer] = now.Add(MetFor);
        return true;
    }

    /// <summary>A client has been called by a peer that it knows.</summary>
    public void OnCalled(int viewer, int peer, Timestamp now)
    {
        if (_areas.TryGetValue(viewer, out AreaOfInterest? area) && area.Met.ContainsKey(peer)) area.Met[peer] = now.Add(MetFor);
    }

    /// <summary>The tree has changed.</summary>
    public void Apply(WorldChange change)
    {
        if (!IsOn) return;
        var affected = new SortedSet<int>();
        foreach (SpawnedNode gone in change.Despawned)
        {
            Forget(gone.Node);
            affected.Add(gone.Spawner.Authority);
        }

        foreach (SpawnedNode come in change.Spawned)
        {
            Track(come);
            affected.Add(come.Spawner.Authority);
            if (world.PathOf(come.Node) is { } path && _peerOfPath.TryGetValue(ScenePath.Join(ScenePath.Root, path), out int peer)) affected.Add(peer);
        }

        foreach (Synchronizer synchronizer in change.Withdrawn.Concat(change.Enrolled)) affected.Add(synchronizer.Authority);
        foreach (int peer in affected) Reckon(peer);
        // Something new is there at once for those who are near.
        foreach (SpawnedNode come in change.Spawned)
        {
            if (!_tracked.TryGetValue(come.Node, out Tracked tracked)) continue;
            foreach ((int viewer, AreaOfInterest area) in _areas)
            {
                if (IsNear(viewer, area, come.Node, tracked)) Enter(area, come.Node);
            }
        }
    }

    /// <summary>Looks where everything is now; false if it is too early for that.</summary>
    public bool Update(Timestamp now)
    {
        if (!IsOn || now < _nextUpdate) return false;
        foreach (NodeId gone in _tracked.Keys.Where(node => !world.Spawned.ContainsKey(node)).ToList()) Forget(gone);
        foreach (SpawnedNode node in world.Spawned.Values) Track(node);
        foreach (int peer in _peers.Keys.ToList()) Reckon(peer);
        var grids = new SortedDictionary<double, PositionGrid>();
        foreach ((NodeId node, Tracked tracked) in _tracked)
        {
            if (!grids.TryGetValue(tracked.Distance, out PositionGrid? grid)) grids.Add(tracked.Distance, grid = new(tracked.Distance));
            grid.Add(node, tracked.Position);
        }

        foreach ((int viewer, AreaOfInterest area) in _areas)
        {
            foreach (int left in area.Met.Where(m => m.Value <= now).Select(m => m.Key).ToList())
            {
                area.Met.Remove(left);
                area.Pending.Peers.Add(left);
            }

            Look(viewer, area, grids.Values);
        }

        _nextUpdate = now.Add(Math.Max(UpdateEvery, _areas.Values.Sum(a => (long)a.Near.Count) * UpdateEveryOfPair));
        return true;
    }

    private void Look(int viewer, AreaOfInterest area, IEnumerable<PositionGrid> grids)
    {
        area.Center = CenterOf(viewer) ?? area.Center;
        HashSet<NodeId> near = area.Center is null ? [.. _tracked.Keys] : new(area.Near.Count);
        if (area.Center is { } center)
        {
            foreach (PositionGrid grid in grids) grid.FindNear(center, area.Near, near);
            near.UnionWith(_peers[viewer].Nodes);
        }

        HashSet<NodeId> before = area.Near;
        area.Near = near;
        // In any order: what is noted is in order of its own.
        foreach (NodeId node in near)
        {
            if (!before.Contains(node)) Note(area, node);
        }

        foreach (NodeId node in before)
        {
            if (!near.Contains(node) && !Mutation.Is("keep-what-has-gone-out-of-sight")) Note(area, node);
        }
    }

    private void Track(SpawnedNode node)
    {
        if (world.PathOf(node.Spawner.Parent) is not { } parent || rules.DistanceBelow(ScenePath.Join(ScenePath.Root, parent)) is not { } distance) Forget(node.Node);
        else _tracked[node.Node] = new(_positions.Of(node.Node), distance);
    }

    private void Forget(NodeId node)
    {
        if (!_tracked.Remove(node)) return;
        foreach (AreaOfInterest area in _areas.Values)
        {
            // It has gone with the tree, or everybody sees it from now on; and whose it is may be known by nothing else.
            area.Near.Remove(node);
            Note(area, node);
        }
    }

    private bool IsNear(int viewer, AreaOfInterest area, NodeId node, Tracked tracked)
    {
        if (area.Center is not { } center || _peers[viewer].Nodes.Contains(node)) return true;
        return tracked.Position.IsFinite && PositionGrid.IsNear(center.SquaredDistanceTo(tracked.Position), tracked.Distance, area.Near.Contains(node));
    }

    private void Enter(AreaOfInterest area, NodeId node)
    {
        if (area.Near.Add(node)) Note(area, node);
    }

    private void Note(AreaOfInterest area, NodeId node)
    {
        area.Pending.Nodes.Add(node);
        if (_owners.TryGetValue(node, out SortedSet<int>? owners)) area.Pending.Peers.UnionWith(owners);
    }

    private Position? CenterOf(int viewer) =>
        _peers[viewer].From is { IsNone: false } from && _positions.Of(from) is { IsFinite: true } center ? center : null;

    // Which of the nodes with distances are a peer's own.
    private void Reckon(int peer)
    {
        if (!_peers.TryGetValue(peer, out Belongings? own)) return;
        own.From = FromOf(peer, own.From);
        var nodes = new SortedSet<NodeId>();
        bool isEverywhere = false;
        void Add(NodeId id)
        {
            NodeId tracked = world.SpawnedAbove(id).Select(above => above.Node).FirstOrDefault(_tracked.ContainsKey);
            if (tracked.IsNone) isEverywhere = true;
            else nodes.Add(tracked);
        }

        foreach (NodeId synchronizer in world.SynchronizersOf(peer)) Add(synchronizer);
        foreach (NodeId spawned in world.SpawnedBy(peer)) Add(spawned);
        if (!own.From.IsNone) Add(own.From);
        isEverywhere |= nodes.Count == 0;
        if (isEverywhere != own.IsEverywhere)
        {
            own.IsEverywhere = isEverywhere;
            foreach (AreaOfInterest area in _areas.Values) area.Pending.Peers.Add(peer);
        }

        foreach (NodeId lost in own.Nodes.Where(n => !nodes.Contains(n))) Disown(lost, peer);
        foreach (NodeId gained in nodes.Where(n => !own.Nodes.Contains(n))) Own(gained, peer);
        own.Nodes = nodes;
    }

    private void Own(NodeId node, int peer)
    {
        if (!_owners.TryGetValue(node, out SortedSet<int>? owners)) _owners.Add(node, owners = []);
        owners.Add(peer);
        foreach ((int viewer, AreaOfInterest area) in _areas)
        {
            if (viewer == peer) Enter(area, node);
            else if (area.Near.Contains(node)) area.Pending.Peers.Add(peer);
        }
    }

    private void Disown(NodeId node, int peer)
    {
        if (_owners.TryGetValue(node, out SortedSet<int>? owners) && owners.Remove(peer) && owners.Count == 0) _owners.Remove(node);
        foreach (AreaOfInterest area in _areas.Values) area.Pending.Peers.Add(peer);
    }

    // The peer's own node, by the rules' path: looked for only if it is not where it was.
    private NodeId FromOf(int peer, NodeId before)
    {
        if (rules.NodeOf(peer) is not { } path) return NodeId.None;
        if (!before.IsNone && world.PathOf(before) is { } still && ScenePath.Join(ScenePath.Root, still) == path) return before;
        return world.Tree.TryFind(path, out MirrorNode? node) ? node.Id : NodeId.None;
    }
}
