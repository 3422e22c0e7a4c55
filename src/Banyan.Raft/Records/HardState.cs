using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>What a member must remember over a restart, beside its log.</summary>
/// <param name="Term">The latest term it has seen.</param>
/// <param name="Vote">Whom it voted for in that term.</param>
/// <param name="Commit">Known to be committed; may be behind, since it can be learned again.</param>
/// <param name="Leader">The leader that it last promised its support.</param>
/// <param name="SupportEpoch">
/// The store liveness epoch of that promise: until this epoch has expired, it votes for nobody but that leader.
/// </param>
public readonly record struct HardState(Term Term, ServerId Vote, LogIndex Commit, ServerId Leader, ulong SupportEpoch);
