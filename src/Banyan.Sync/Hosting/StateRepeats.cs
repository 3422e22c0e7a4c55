using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Hosting;

/// <summary>
/// The states that the game's code has set, which the other servers are told once more though nothing has changed: messages
/// between servers get lost, and a server may have started since. Clients repeat theirs themselves.
/// </summary>
internal sealed class StateRepeats(PeerHub hub)
{
    private const long RoundMicroseconds = 2_000_000;
    private const int StatesOfTick = 64; // 4,000 a second
    private readonly Queue<NodeId> _round = [];
    private Timestamp _nextRound;

    /// <summary>The next ones, for the tick of the server that runs the code.</summary>
    public IEnumerable<LiveState> Next(Timestamp now)
    {
        if (_round.Count == 0 && now >= _nextRound)
        {
            _nextRound = now.Add(RoundMicroseconds);
            foreach (NodeId node in hub.Live.Synchronizers.Where(IsOfCode)) _round.Enqueue(node);
        }

        for (int left = StatesOfTick; left > 0 && _round.TryDequeue(out NodeId node); left--)
        {
            if (IsOfCode(node)) yield return hub.Live[node]!;
        }
    }

    private bool IsOfCode(NodeId node) =>
        hub.World.Synchronizers.TryGetValue(node, out Synchronizer? synchronizer) && synchronizer.Authority == PeerSession.Cluster
        && hub.Live[node] is { } state && state.AuthorityEpoch == synchronizer.AuthorityEpoch;
}
