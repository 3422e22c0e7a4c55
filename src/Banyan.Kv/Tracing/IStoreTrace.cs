using Banyan.Kv.Commands;
using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Tracing;

/// <summary>Hears the protocol steps of servers, so that real runs can be held against the specifications.</summary>
/// <remarks>Everything is told at once, in order, and nothing may be changed by who listens.</remarks>
public interface IStoreTrace
{
    /// <summary>What hears a server's member of a range's group; null for nobody.</summary>
    IRaftTrace? OfGroup(ServerId server, RangeId range);

    /// <summary>A replica has applied a command, which has changed its state already: each of them says so, at the same index.</summary>
    void OnApplied(RangeState state, LogIndex index, int number, Command command, CommandOutcome outcome);

    /// <summary>A step of a commit.</summary>
    void On(in TransactionEvent step);
}
