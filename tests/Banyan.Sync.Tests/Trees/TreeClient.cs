using System.Collections.Immutable;
using Banyan.Godot.Variants;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Peers;
using Banyan.Sync.Trees;

namespace Banyan.Sync.Tests.Trees;

/// <summary>A client that follows trees of a <see cref="SmallCluster"/>, on one connection of its session.</summary>
internal sealed class TreeClient : ITreeEdge
{
    private readonly SmallCluster _cluster;
    private readonly SortedDictionary<long, TreeFollower> _followers = [];
    private readonly ulong _session;
    private readonly uint _connection;

    /// <summary>Connects.</summary>
    /// <param name="cluster">To which cluster.</param>
    /// <param name="hub">At which gateway.</param>
    /// <param name="session">Of all its connections.</param>
    /// <param name="connection">Counts them up from 0.</param>
    public TreeClient(SmallCluster cluster, TreeHub hub, ulong session = 7, uint connection = 0)
    {
        (_cluster, _session, _connection) = (cluster, session, connection);
        Session = hub.Add(this);
    }

    public TreeSession Session { get; }

    public bool MayChange { get; set; } = true;

    /// <summary>So many transactions are made without an answer that says so.</summary>
    public int AmbiguousCount { get; set; }

    /// <summary>Transactions are made, but nobody hears what became of them.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>What has come, in order: the kind of each message.</summary>
    public List<string> Log { get; } = [];

    public List<(ulong Request, uint Attempt)> Runs { get; } = [];

    /// <summary>A hub whose sessions follow the cluster's world.</summary>
    public static TreeHub HubOf(SmallCluster cluster, string trees, TreeLimits? limits = null)
    {
        Assert.True(GameRules.TryParse($$"""{ "trees": {{trees}} }""", out GameRules rules, out string error), error);
        var hub = new TreeHub(cluster.Hub.World, rules, PeerLimits.Default, limits ?? TreeLimits.Default);
        cluster.Applied += batch => hub.Apply(batch.Changes);
        cluster.ResolvedTo += hub.OnResolved;
        return hub;
    }

    public TreeFollower Follow(long id, string path)
    {
        _followers[id] = new(id, path);
        Assert.True(Say("follow", id, path));
        return _followers[id];
    }

    public void Change(long id, long request, params ImmutableArray<Variant> operations) =>
        Assert.True(Say("change", id, request, new VariantArray(operations)));

    /// <summary>Says something; whether it was understood.</summary>
    public bool Say(params ImmutableArray<Variant> message)
    {
        var writer = new ByteWriter();
        VariantBinary.Encode(writer, new VariantArray(message));
        return Session.TryTake(writer.Written);
    }

    public void Send(ReadOnlySpan<byte> message)
    {
        var reader = new ByteReader(message);
        Assert.True(VariantBinary.TryDecode(ref reader, VariantLimits.Peer, out Variant value) && reader.IsAtEnd);
        ImmutableArray<Variant> items = value.AsArray().Items;
        if (_followers.TryGetValue(items[1].AsInt(), out TreeFollower? follower)) Assert.True(follower.TryTake(items), "cannot be done: " + Banyan.Godot.Text.VariantText.Write(value));
        Log.Add(items[0].AsText() switch
        {
            "done" => $"done {items[2].AsInt()} {items[3].AsText()}".TrimEnd(),
            "lost" => $"lost: {items[2].AsText()}",
            "changes" => string.Join(", ", items[2].AsArray().Items.Select(o => Banyan.Godot.Text.VariantText.Write(o).ReplaceLineEndings(""))),
            var what => what,
        });
    }

    public void Run(ITransactionBody body, ulong request, ulong acknowledgedThrough, uint attempt, Action<TransactionOutcome> done)
    {
        Runs.Add((request, attempt));
        bool isLost = LosesAnswers;
        bool isAmbiguous = AmbiguousCount-- > 0;
        _cluster.Run(body, new(_session, request, (_connection * TreeSession.AttemptsMax) + attempt), acknowledgedThrough, outcome =>
        {
            if (!isLost) done(isAmbiguous ? new TransactionOutcome.Ambiguous("the answer was lost") : outcome);
        });
    }

    /// <summary>What a client has of a subtree is not what the tree is; empty if it is.</summary>
    public static string Difference(TreeNode told, SceneMirror mirror, MirrorNode node)
    {
        var stored = new SortedDictionary<string, Variant>(StringComparer.Ordinal);
        foreach ((string name, byte[] bytes) in node.Properties)
        {
            if (name != "script" && PropertyValue.TryDecode(bytes, out Variant value) && IsTold(value)) stored.Add(name, value);
        }

        if (!told.Properties.SequenceEqual(stored)) return $"{mirror.PathOf(node)}: {string.Join(", ", told.Properties)}, not {string.Join(", ", stored)}";
        string[] children = [.. told.Children.Select(c => c.Name)];
        MirrorNode[] real = [.. node.Children.Select(c => mirror[c]!)];
        if (!children.SequenceEqual(real.Select(r => r.Header!.Name))) return $"{mirror.PathOf(node)}: {string.Join(", ", children)}, not {string.Join(", ", real.Select(r => r.Header!.Name))}";
        for (int i = 0; i < real.Length; i++)
        {
            string below = Difference(told.Children[i], mirror, real[i]);
            if (below.Length > 0) return below;
            string type = real[i].Header!.Instance.Length > 0 ? real[i].Header!.Instance : real[i].Header!.Type;
            if (told.Children[i].Type != type) return $"{mirror.PathOf(real[i])}: a {told.Children[i].Type}, not a {type}";
        }

        return "";
    }

    private static bool IsTold(Variant value) =>
        value.Type is not (VariantType.Nil or VariantType.Object) && (value.Type != VariantType.Array || value.AsArray().Items.All(i => i.Type != VariantType.Object));

    /// <summary>A plain node to be spawned.</summary>
    public static SpawnOperation Plain(string parent, string name, params (string Name, Variant Value)[] properties) => new(
        NodeRef.At(parent), new([new(-1, name, "Node", "", [], 0, null, [.. properties.Select(p => new PropertyWrite(p.Name, PropertyValue.Encode(p.Value)))], [])]));

    /// <summary>A dictionary of properties.</summary>
    public static Variant Properties(params (string Name, Variant Value)[] properties) =>
        VariantDictionary.Of([.. properties.Select(p => new KeyValuePair<Variant, Variant>(p.Name, p.Value))]);

    /// <summary>An operation.</summary>
    public static Variant Do(params ImmutableArray<Variant> operation) => new VariantArray(operation);
}
