using Banyan.Sync.Peers;

namespace Banyan.Sync.Hosting;

/// <summary>Who was let in, and what it may do.</summary>
/// <param name="Player">The name that its token gives it; "" in open mode.</param>
/// <param name="Rights">What it may do.</param>
/// <param name="MayOnlyResume">Whether its token has expired: then it may go on with a session that has begun, and not begin one.</param>
public sealed record Admission(string Player, PeerRights Rights, bool MayOnlyResume = false)
{
    /// <summary>Why who <see cref="MayOnlyResume"/> may not begin a session.</summary>
    public const string Expired = "the token has expired";

    /// <summary>The peer id that a stock client was given before it was let in; 0 for none.</summary>
    public int Peer { get; init; }

    /// <summary>Anybody, who may play.</summary>
    public static readonly Admission Anybody = new("", PeerRights.Play);
}
