using System.Net;
using Banyan.Primitives;

namespace Banyan.Server.Torture.Proxy;

/// <summary>The network between the servers of a cluster: one <see cref="ProxyLink"/> for each ordered pair of them.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly SortedDictionary<(int From, int To), ProxyLink> _links = [];

    /// <param name="peers">Where each server really listens, in the order of their ids (1, 2, …).</param>
    /// <param name="seed">Of delays and resets.</param>
    public FaultProxy(IReadOnlyList<IPEndPoint> peers, ulong seed)
    {
        for (int from = 1; from <= peers.Count; from++)
        {
            for (int to = 1; to <= peers.Count; to++)
            {
                if (from != to) _links.Add((from, to), new(from, to, peers[to - 1], StableHash.Add(seed, (ulong)((from << 16) | to))));
            }
        }

        foreach (ProxyLink link in _links.Values) link.Back = _links[(link.To, link.From)];
    }

    /// <summary>The way from one server to another.</summary>
    public ProxyLink this[int from, int to] => _links[(from, to)];

    public IEnumerable<ProxyLink> Links => _links.Values;

    public async ValueTask DisposeAsync()
    {
        // What is held lets go first, so that nothing waits for a rule to end.
        foreach (ProxyLink link in _links.Values) link.Set(LinkRule.Open);
        foreach (ProxyLink link in _links.Values) await link.DisposeAsync().ConfigureAwait(false);
    }
}
