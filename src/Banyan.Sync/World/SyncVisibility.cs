using System.Collections.Immutable;
using System.Globalization;
using Banyan.Scene.Operations;
using Banyan.Scene.Tree;

namespace Banyan.Sync.World;

/// <summary>
/// Which peers may be told of a synchronizer's state. As in Godot it is one set of peers, in which 0 stands for all: while 0
/// is in it, taking a single peer out changes nothing.
/// </summary>
/// <remarks>Each peer is an attachment of its own, so that who shows it to one peer need not know of the others.</remarks>
public sealed class SyncVisibility : IEquatable<SyncVisibility>
{
    private const string Prefix = "visible_to/";
    private static readonly byte[] _yes = [1];
    private static readonly byte[] _no = [0];
    private readonly ImmutableSortedSet<int> _peers;

    private SyncVisibility(bool isPublic, ImmutableSortedSet<int> peers)
    {
        IsPublic = isPublic;
        _peers = peers;
    }

    /// <summary>Whether everybody may.</summary>
    public bool IsPublic { get; }

    /// <summary>Whether a peer may.</summary>
    public bool Includes(int peer) => IsPublic || _peers.Contains(peer);

    /// <summary>Whether it says something of a peer alone.</summary>
    public bool Names(int peer) => _peers.Contains(peer);

    /// <summary>The attachment that says whether a peer, or everybody (0), is in the set.</summary>
    public static PropertyWrite Write(int peer, bool isVisible) =>
        // What the scene says of everybody has to be overruled; nothing says anything of a single peer.
        new(Prefix + peer.ToString(CultureInfo.InvariantCulture), isVisible ? _yes : peer == 0 ? _no : null);

    /// <summary>What is to be done when a peer has gone: nothing says anything of it alone any more.</summary>
    public static IEnumerable<SceneOperation> Forget(GameWorld world, int peer) =>
        world.SynchronizersNaming(peer).Select(id => new SetAttachmentsOperation(NodeRef.Of(id), [Write(peer, false)]));

    /// <inheritdoc/>
    public bool Equals(SyncVisibility? other) => other is not null && IsPublic == other.IsPublic && _peers.SetEquals(other._peers);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SyncVisibility);

    /// <inheritdoc/>
    public override int GetHashCode() => _peers.Count;

    internal static bool IsAttachment(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    internal static SyncVisibility Of(MirrorNode node, bool isPublicByScene)
    {
        bool isPublic = isPublicByScene;
        ImmutableSortedSet<int>.Builder? peers = null;
        foreach ((string name, byte[] value) in node.Attachments)
        {
            if (!IsAttachment(name) || !int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int peer)) continue;
            bool isVisible = value is [1];
            if (peer == 0) isPublic = isVisible;
            else if (isVisible) (peers ??= ImmutableSortedSet.CreateBuilder<int>()).Add(peer);
        }

        return new(isPublic, peers?.ToImmutable() ?? []);
    }
}
