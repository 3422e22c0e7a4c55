using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Replication;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Game;

/// <summary>Godot's MultiplayerSynchronizer: sends properties of a node from its authority to the peers that may see it.</summary>
/// <remarks>Source: multiplayer_synchronizer.cpp.</remarks>
public sealed class MultiplayerSynchronizer : GameNode
{
    private readonly HashOrderSet<int> _visibleTo = new();
    private readonly List<Func<int, bool>> _filters = [];
    private Watcher[] _watchers = [];
    private GameNode? _rootNode;
    private long _lastSyncMicroseconds;
    private long _lastWatchMicroseconds;
    private SyncSequence _inbound;

    internal MultiplayerSynchronizer(GameTree game) : base(game, SynchronizerConfig.ClassName) => _visibleTo.Add(0);

    /// <summary>What it sends; null if there is none, which is an error as soon as it has the authority.</summary>
    public ReplicationConfig? ReplicationConfig { get; set; }

    /// <summary>From here to the node whose properties it sends.</summary>
    public NodePath RootPath { get; private set; } = NodePath.Parse("..");

    /// <summary>Microseconds between sync packets; 0 for every <see cref="SceneMultiplayer.Poll"/>.</summary>
    public long ReplicationIntervalMicroseconds { get; set; }

    /// <summary>Microseconds between looks for changes; 0 for every <see cref="SceneMultiplayer.Poll"/>.</summary>
    public long DeltaIntervalMicroseconds { get; set; }

    /// <summary>When visibility filters are asked again.</summary>
    public VisibilityUpdateMode VisibilityUpdateMode { get; set; }

    /// <summary>Its number in packets: of a spawn, or with <see cref="Packet.PathFlag"/> of the path cache; 0 before it has one.</summary>
    public uint NetId { get; internal set; }

    /// <summary>The node whose properties it sends; null if it is not in the tree.</summary>
    public GameNode? RootNode => _rootNode is { IsFreed: false } ? _rootNode : null;

    /// <summary>Whether peers see it that were not named.</summary>
    public bool PublicVisibility
    {
        get => _visibleTo.Contains(0);
        set => SetVisibilityFor(0, value);
    }

    /// <summary>A state has come.</summary>
    public event Action? Synchronized;

    /// <summary>Changes have come.</summary>
    public event Action? DeltaSynchronized;

    internal event Action<int, MultiplayerSynchronizer>? VisibilityChanged;

    internal bool HasFilters => _filters.Count > 0;

    /// <summary>Sets the path; what runs is stopped and begins anew.</summary>
    public void SetRootPath(NodePath path)
    {
        if (path.Equals(RootPath)) return;
        Stop();
        RootPath = path;
        Start();
    }

    /// <inheritdoc/>
    public override void SetMultiplayerAuthority(int peer, bool recursive = true)
    {
        if (MultiplayerAuthority == peer) return;
        Stop();
        base.SetMultiplayerAuthority(peer, recursive);
        Start();
    }

    /// <summary>Whether a peer may see it (0: all of them).</summary>
    public bool IsVisibleTo(int peer)
    {
        foreach (Func<int, bool> filter in _filters)
        {
            if (!filter(peer)) return false;
        }

        return _visibleTo.Contains(0) || _visibleTo.Contains(peer);
    }

    /// <summary>Lets a peer see it, or no longer; 0 is all of them.</summary>
    public void SetVisibilityFor(int peer, bool visible)
    {
        if (_visibleTo.Contains(peer) == visible) return;
        if (visible) _visibleTo.Add(peer);
        else _visibleTo.Remove(peer);
        UpdateVisibility(peer);
    }

    /// <summary>Whether a peer was named.</summary>
    public bool GetVisibilityFor(int peer) => _visibleTo.Contains(peer);

    /// <summary>Adds a filter, which is asked with a peer, or with 0 for all; see <see cref="VisibilityUpdateMode"/>.</summary>
    public void AddVisibilityFilter(Func<int, bool> filter)
    {
        if (!_filters.Contains(filter)) _filters.Add(filter);
    }

    /// <summary>Takes a filter away.</summary>
    public void RemoveVisibilityFilter(Func<int, bool> filter) => _filters.Remove(filter);

    /// <summary>Asks for visibility again, for a peer or all (0).</summary>
    public void UpdateVisibility(int peer = 0)
    {
        if (IsInsideTree && GetNodeOrNull(RootPath) is not null && IsMultiplayerAuthority())
            VisibilityChanged?.Invoke(peer, this);
    }

    internal void Reset()
    {
        NetId = 0;
        _lastSyncMicroseconds = 0;
        _lastWatchMicroseconds = 0;
        _inbound = default;
        _watchers = [];
    }

    /// <summary>Whether it is time to send a state; the same answer for all peers of one poll.</summary>
    internal bool UpdateOutbound(long now)
    {
        if (_lastSyncMicroseconds == now) return true;
        if (now < _lastSyncMicroseconds + ReplicationIntervalMicroseconds) return false;
        _lastSyncMicroseconds = now;
        return true;
    }

    internal bool UpdateInbound(ushort sequence) => _inbound.TryAdvance(sequence);

    /// <summary>What has changed since a time, and the bits of it.</summary>
    internal List<Variant> DeltaState(long now, long since, out ulong mask)
    {
        mask = 0;
        List<Variant> changed = [];
        if (_lastWatchMicroseconds != now)
        {
            if (now < since + DeltaIntervalMicroseconds || !TryWatch(now)) return changed;
            _lastWatchMicroseconds = now;
        }

        for (int i = 0; i < _watchers.Length; i++)
        {
            if (_watchers[i].ChangedMicroseconds <= since) continue;
            changed.Add(_watchers[i].Value);
            mask |= 1UL << i;
        }

        return changed;
    }

    internal void OnSynchronized() => Synchronized?.Invoke();

    internal void OnDeltaSynchronized() => DeltaSynchronized?.Invoke();

    internal void Configure(SynchronizerConfig config, bool hasReplication)
    {
        SetRootPath(config.RootPath);
        ReplicationIntervalMicroseconds = config.ReplicationIntervalMicroseconds;
        DeltaIntervalMicroseconds = config.DeltaIntervalMicroseconds;
        VisibilityUpdateMode = config.VisibilityUpdateMode;
        PublicVisibility = config.PublicVisibility;
        if (hasReplication) ReplicationConfig = config.Replication;
    }

    /// <summary>Reads properties below a node; false, and an error, if a node of a path is missing.</summary>
    internal static bool TryGetState(GameNode root, ImmutableArray<NodePath> properties, List<Variant> values)
    {
        foreach (NodePath property in properties)
        {
            if (Target(root, property) is not { } target) return false;
            if (!target.Properties.TryGetIndexed(property.Subnames, out Variant value))
            {
                root.Error($"Property '{property}' not found.");
                return false;
            }

            values.Add(value);
        }

        return true;
    }

    /// <summary>Sets properties below a node; false, and an error, at the first missing node.</summary>
    internal static bool TrySetState(GameNode root, ImmutableArray<NodePath> properties, ReadOnlySpan<Variant> values)
    {
        for (int i = 0; i < properties.Length; i++)
        {
            if (Target(root, properties[i]) is not { } target) return false;
            target.Properties.SetIndexed(properties[i].Subnames, values[i]);
        }

        return true;
    }

    private protected override void OnEnterTree()
    {
        if (!RootPath.IsEmpty) Start();
    }

    private protected override void OnExitTree()
    {
        if (!RootPath.IsEmpty) Stop();
    }

    private static GameNode? Target(GameNode root, NodePath property)
    {
        if (property.Names.IsEmpty) return root;
        GameNode? target = root.GetNodeOrNull(property);
        if (target is null) root.Error($"Node '{property}' not found.");
        return target;
    }

    private void Stop()
    {
        _rootNode = null;
        if (IsInsideTree && GetNodeOrNull(RootPath) is { } node) Game.Multiplayer.Replication.OnReplicationStop(node, this);
        Reset();
    }

    private void Start()
    {
        _rootNode = null;
        Reset();
        if (!IsInsideTree || GetNodeOrNull(RootPath) is not { } node) return;
        _rootNode = node;
        Game.Multiplayer.Replication.OnReplicationStart(node, this);
    }

    private bool TryWatch(long now)
    {
        if (ReplicationConfig is not { } config)
        {
            Error($"MultiplayerSynchronizer {Path} has no replication config");
            return false;
        }

        if (config.Watch.Length != _watchers.Length) Array.Resize(ref _watchers, config.Watch.Length);
        if (config.Watch.IsEmpty) return true;
        if (RootNode is not { } root)
        {
            Error($"MultiplayerSynchronizer {Path} has no root node");
            return false;
        }

        for (int i = 0; i < _watchers.Length; i++)
        {
            NodePath property = config.Watch[i];
            if (Target(root, property) is not { } target) continue;
            if (!target.Properties.TryGetIndexed(property.Subnames, out Variant value))
            {
                Error($"Property '{property}' not found.");
                continue;
            }

            if (property.Equals(_watchers[i].Property) && value == _watchers[i].Value) continue;
            _watchers[i] = new(property, value, now);
        }

        return true;
    }

    private readonly record struct Watcher(NodePath? Property, Variant Value, long ChangedMicroseconds);
}
