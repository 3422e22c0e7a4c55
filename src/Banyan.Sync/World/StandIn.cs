using System.Collections.Immutable;
using System.Globalization;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Sync.World;

/// <summary>
/// A synchronizer of a node that a client's <c>spawn_function</c> has made: nobody here knows what the function makes, only
/// how many synchronizers it has numbered. Each has a node in the tree that stands for it, by its number alone: the path is
/// another one at clients. What it sends is kept by its place in packets, since names are not known either.
/// </summary>
public static class StandIn
{
    /// <summary>Synchronizers of one spawn.</summary>
    public const int CountMax = 16;

    /// <summary>Values that one of them sends at once.</summary>
    public const int ValuesMax = 256;

    private const string Attachment = "stand_in";
    private const int WatchedMax = 64;

    /// <summary>The name of one of them.</summary>
    public static string NameOf(int index) => "synchronizer " + (index + 1).ToString(CultureInfo.InvariantCulture);

    /// <summary>Where a client's synchronizer would be.</summary>
    /// <param name="index">Its place among those of its spawn.</param>
    /// <param name="spawnState">The values that came with the spawn, of all together; for the first.</param>
    public static TemplateNode Template(int index, ImmutableArray<byte[]> spawnState)
    {
        var count = new ByteWriter(4);
        count.Number((ulong)spawnState.Length);
        return new(
            0, NameOf(index), Godot.Replication.SynchronizerConfig.ClassName, "", [], 0, null,
            [.. spawnState.Select((value, i) => new PropertyWrite(SpawnName(i), value))], [new(Attachment, count.ToArray())]);
    }

    internal static bool TryRead(MirrorNode node, out ImmutableArray<SyncProperty> spawn, out ImmutableArray<SyncProperty> watched)
    {
        (spawn, watched) = ([], []);
        if (!node.Attachments.TryGetValue(Attachment, out byte[]? stored)) return false;
        var reader = new ByteReader(stored);
        ulong count = reader.Number();
        if (!reader.IsAtEnd || count > ValuesMax) return false;
        spawn = [.. Enumerable.Range(0, (int)count).Select(i => new SyncProperty(node.Id, SpawnName(i)))];
        watched = [.. Enumerable.Range(0, WatchedMax).Select(bit => new SyncProperty(node.Id, WatchedName(bit)))];
        return true;
    }

    private static string SpawnName(int i) => "spawn " + i.ToString(CultureInfo.InvariantCulture);

    private static string WatchedName(int bit) => "watched " + bit.ToString(CultureInfo.InvariantCulture);
}
