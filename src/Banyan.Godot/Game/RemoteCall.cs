using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Game;

/// <summary>A method that a script would run now.</summary>
/// <param name="Sender">Godot's <c>get_remote_sender_id()</c>: the peer that calls, the game's own id if it called itself.</param>
/// <param name="Node">Whose method.</param>
/// <param name="Method">Its name.</param>
/// <param name="Arguments">In order.</param>
public sealed record RemoteCall(int Sender, GameNode Node, string Method, ImmutableArray<Variant> Arguments);
