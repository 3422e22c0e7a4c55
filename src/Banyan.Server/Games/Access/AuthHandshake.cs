using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Sync.Hosting;

namespace Banyan.Server.Games.Access;

/// <summary>
/// What a stock client says that has set <c>auth_callback</c>, until it may be let in. To it the cluster is a peer that is
/// authenticating: it knows its own id, and loses every packet that is not one of these.
/// </summary>
/// <remarks>
/// <code>
/// gateway → client   u32 peer id
/// client → gateway   07 00 bytes    send_auth(1, token.to_utf8_buffer())
/// client → gateway   07 00          complete_auth(1)
/// gateway → client   07 00          when it has joined; then everything else
/// </code>
/// The gateway's own completion comes last, with the session's beginning, so that the client sends nothing before it and
/// loses nothing after it. Source: modules/multiplayer/scene_multiplayer.cpp, poll and complete_auth.
/// </remarks>
/// <param name="check">Checks a token: whom it lets in, or why nobody.</param>
/// <param name="admission">Who it is, if that is known without a token; null if not.</param>
internal sealed class AuthHandshake(Func<string, (Admission? Admission, AccessRefusal? Refusal)> check, Admission? admission)
{
    /// <summary>How long it may take: as long as a Godot server's own.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(3);

    /// <summary>Why a client is given up that takes longer.</summary>
    public const string TooLate = "no send_auth and complete_auth within 3 seconds";

    private Admission? _admission = admission;

    /// <summary>Who is let in, once the client says that it is done.</summary>
    public Admission? Complete { get; private set; }

    /// <summary>Takes a packet of the client; null if it may go on, else why not.</summary>
    public string? OnPacket(ReadOnlySpan<byte> packet)
    {
        if (!SystemPacket.TryRead(packet, out SystemPacket read) || read.Command != SystemCommand.Auth) return "a packet before complete_auth";
        if (read.Payload.IsEmpty)
        {
            Complete = _admission;
            return _admission is null ? "no token: complete_auth before send_auth" : null;
        }

        // Of a game whose gateway is open, or that says more than its token.
        if (_admission is not null) return null;
        (_admission, AccessRefusal? refusal) = check(Encoding.UTF8.GetString(read.Payload[..Math.Min(read.Payload.Length, JoinToken.LengthMax + 1)]));
        return refusal?.Why;
    }
}
