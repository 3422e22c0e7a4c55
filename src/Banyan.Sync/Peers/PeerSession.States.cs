using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <content>What synchronizers say, to a client that follows them: the latest states, and what was changed.</content>
public sealed partial class PeerSession
{
    private readonly Dictionary<NodeId, View> _views = [];
    private readonly SortedSet<NodeId> _due = []; // views with something to tell that can be told

    // A synchronizer that the client follows, by the number that it has there.
    private sealed class View(Synchronizer synchronizer, uint number, bool isReady)
    {
        public Synchronizer Synchronizer { get; } = synchronizer;

        public uint Number { get; } = number;

        // Its spawn has given it a net id, or its path is confirmed.
        public bool IsReady { get; set; } = isReady;

        public ulong DueMask { get; set; }

        public bool IsLiveDue { get; set; }
    }

    /// <summary>Tells of states that have come since the last time.</summary>
    /// <param name="source">In whose name.</param>
    /// <param name="fresh">Their states.</param>
    public void OnLive(int source, List<LiveState> fresh)
    {
        if (source == Peer || !IsKnownSource(source)) return;
        // Every client, every entity, every tick: this loop is what a gateway spends its time on.
        _outer.Clear();
        var packet = new SyncPacketWriter(_outer, _clock.Sequence);
        foreach (LiveState state in fresh)
        {
            if (!_views.TryGetValue(state.Synchronizer, out View? view) || view.Synchronizer.AuthorityEpoch != state.AuthorityEpoch) continue;
            if (!view.IsReady)
            {
                Owe(view, 0, live: true);
                continue;
            }

            Append(ref packet, source, view.Number, state.Bytes);
        }

        if (packet.Count > 0) SendInName(source, _outer.Written);
    }

    // A packet that is full goes out, and the next one begins.
    private void Append(ref SyncPacketWriter packet, int source, uint number, ReadOnlySpan<byte> state)
    {
        if (packet.Append(number, state) != AppendResult.PacketFull) return;
        SendInName(source, _outer.Written);
        _outer.Clear();
        packet = new(_outer, _clock.Sequence);
        packet.Append(number, state);
    }

    private void Follow(Synchronizer synchronizer)
    {
        if (synchronizer.Authority == Peer || !IsKnownSource(synchronizer.Authority) || _views.ContainsKey(synchronizer.Node)) return;
        if (!Sees(synchronizer) || !Has(synchronizer.Node) || synchronizer.About.Any(about => Lacks(about))) return;
        bool isNumbered = _numbered.Contains(synchronizer.Node);
        if (synchronizer.IsStandIn && !isNumbered) return;
        bool isReady = isNumbered || Announce(synchronizer.Authority, synchronizer.Node);
        var view = new View(synchronizer, isNumbered ? NumberOf(synchronizer.Node) : NumberOf(synchronizer.Node) | Packet.PathFlag, isReady);
        _views.Add(synchronizer.Node, view);
        Owe(view, synchronizer.Watched.Length == 64 ? ulong.MaxValue : (1UL << synchronizer.Watched.Length) - 1, live: true);
    }

    private void Unfollow(NodeId synchronizer)
    {
        _views.Remove(synchronizer);
        _due.Remove(synchronizer);
    }

    private void Owe(View view, ulong mask, bool live)
    {
        view.DueMask |= mask;
        view.IsLiveDue |= live;
        // A client may take its time to confirm, or never do so: what waits for that is looked at again then.
        if (view.IsReady) _due.Add(view.Synchronizer.Node);
    }

    // Everything that is due.
    private void Flush()
    {
        if (_due.Count == 0) return;
        List<View> due = [.. _due.Select(id => _views[id])];
        _due.Clear();
        foreach (IGrouping<int, View> group in due.GroupBy(v => v.Synchronizer.Authority))
        {
            SendStates(group.Key, [.. group.Where(v => v.IsLiveDue)]);
            SendDeltas(group.Key, [.. group.Where(v => v.DueMask != 0)]);
        }

        foreach (View view in due)
        {
            view.DueMask = 0;
            view.IsLiveDue = false;
        }
    }

    private void SendStates(int source, List<View> views)
    {
        if (views.Count == 0) return;
        _outer.Clear();
        var packet = new SyncPacketWriter(_outer, _clock.Sequence);
        foreach (View view in views)
        {
            if (_live[view.Synchronizer.Node] is not { } state || state.AuthorityEpoch != view.Synchronizer.AuthorityEpoch) continue;
            Append(ref packet, source, view.Number, state.Bytes);
        }

        if (packet.Count > 0) SendInName(source, _outer.Written);
    }

    private void SendDeltas(int source, List<View> views)
    {
        _outer.Clear();
        var packet = new DeltaPacketWriter(_outer);
        foreach (View view in views)
        {
            ulong known = WriteKnown(view.Synchronizer, view.DueMask);
            if (known == 0) continue;
            if (packet.Append(view.Number, known, _state.Written) != AppendResult.PacketFull) continue;
            SendInName(source, _outer.Written);
            _outer.Clear();
            packet = new(_outer);
            packet.Append(view.Number, known, _state.Written);
        }

        if (packet.Count > 0) SendInName(source, _outer.Written);
    }

    // The watched properties of a mask that have a value; what has none is what the scene file says.
    private ulong WriteKnown(Synchronizer synchronizer, ulong mask)
    {
        ulong known = 0;
        _state.Clear();
        for (int bit = 0; bit < synchronizer.Watched.Length; bit++)
        {
            if ((mask >> bit & 1) == 0 || !TryGetValue(synchronizer, synchronizer.Watched[bit], out Variant value)) continue;
            CompressedVariant.Write(_state, value);
            known |= 1UL << bit;
        }

        return known;
    }

    private bool TryWriteValues(Synchronizer synchronizer, ImmutableArray<SyncProperty> properties)
    {
        foreach (SyncProperty property in properties)
        {
            if (!TryGetValue(synchronizer, property, out Variant value)) return false;
            CompressedVariant.Write(_state, value);
        }

        return true;
    }

    private bool TryGetValue(Synchronizer synchronizer, SyncProperty property, out Variant value)
    {
        if (_live.TryGet(synchronizer, property, _limits.Values, out value)) return true;
        return _world.Tree.TryFind(property.Node, out MirrorNode? node) && node.Properties.TryGetValue(property.Name, out byte[]? stored)
            && PropertyValue.TryDecode(stored, out value);
    }
}
