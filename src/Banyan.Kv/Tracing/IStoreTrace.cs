using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Tracing;

/// <summary>Hears the protocol steps of servers, so that real runs can be held against the specifications.</summary>
public interface IStoreTrace
{
    /// <summary>What hears a server's member of a range's group; null for nobody.</summary>
    IRaftTrace? OfGroup(ServerId server, RangeId range);
}
