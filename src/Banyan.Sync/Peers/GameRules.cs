using System.Text.Json;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Sync.Interest;
using Banyan.Sync.Trees;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <summary>What becomes of the tree when a peer joins and leaves: the file <c>banyan.json</c> beside the project.</summary>
/// <remarks>
/// <code>
/// {
///   "join":  [ { "spawn": "res://player.tscn", "under": "/root/Main/Players", "name": "{peer}", "authority": "{peer}" } ],
///   "leave": "despawn",
///   "trees": { "/root/Main/Board": "write", "/root/Main/Level": "read" },
///   "interest": { "within": { "/root/Main/Players": 40 } }
/// }
/// </code>
/// <c>{peer}</c> is the peer's id. <c>authority</c> (default 1, the cluster) holds for all nodes of the scene, unless
/// <c>authorities</c> says otherwise: <c>{ "Inputs": "{peer}" }</c>, by path below the spawned node. <c>leave</c> is
/// "despawn" (default) or "keep". <c>trees</c> says what clients may follow as it is, by <c>BanyanTree</c>: these nodes and
/// all below them, nothing without an entry. "write" lets every client that may play change all of it, whoever the
/// authority is; of several entries above a node the nearest counts. For <c>interest</c> see <see cref="InterestRules"/>.
/// </remarks>
public sealed class GameRules
{
    /// <summary>The file's name.</summary>
    public const string FileName = "banyan.json";

    /// <summary>Stands for the peer's id in paths and names.</summary>
    internal const string PeerPlaceholder = "{peer}";

    private readonly List<Rule> _join = [];
    private readonly SortedDictionary<string, TreeAccess> _trees = new(StringComparer.Ordinal);
    private bool _despawns = true;
    private InterestRules _interest = InterestRules.None;

    private sealed record Rule(string Scene, string Under, string Name, string Authority, IReadOnlyList<KeyValuePair<string, string>> Authorities);

    private GameRules()
    {
    }

    /// <summary>Nothing happens.</summary>
    public static readonly GameRules None = new();

    /// <summary>Who sees what by distance.</summary>
    public InterestRules Interest => _join.Count == 0 ? _interest : _interest.Or(ScenePath.Join(_join[0].Under, _join[0].Name));

    /// <summary>Reads the file; false with the first thing that is wrong.</summary>
    public static bool TryParse(string json, out GameRules rules, out string error)
    {
        rules = new();
        error = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return Fail(out error, "expected an object");
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                bool isRight = property.Name switch
                {
                    "join" => rules.TryReadJoin(property.Value, out error),
                    "leave" => rules.TryReadLeave(property.Value, out error),
                    "trees" => rules.TryReadTrees(property.Value, out error),
                    "interest" => InterestRules.TryRead(property.Value, out rules._interest, out error),
                    _ => Fail(out error, $"\"{property.Name}\" is none of \"join\", \"leave\", \"trees\" and \"interest\""),
                };
                if (!isRight) return false;
            }

            return true;
        }
        catch (JsonException e)
        {
            return Fail(out error, $"line {e.LineNumber + 1}: {e.Message}");
        }
    }

    /// <summary>What a peer's coming does; false with the reason if the game lacks a scene.</summary>
    public bool TryJoin(int peer, GameFiles files, out IReadOnlyList<SceneOperation> operations, out string error)
    {
        var all = new List<SceneOperation>();
        operations = all;
        error = "";
        foreach (Rule rule in _join)
        {
            if (!files.TryGetScene(rule.Scene, out GameScene? scene)) return Fail(out error, $"{rule.Scene}: no such scene");
            ImportPlan plan = ImportPlan.Of(scene.Expanded, rule.Under, For(rule.Name, peer));
            if (plan.Batches.Count > 1) return Fail(out error, $"{rule.Scene}: too large to spawn at once");
            if (!int.TryParse(For(rule.Authority, peer), out int authority)) return Fail(out error, $"authority \"{rule.Authority}\" is no number");
            foreach (SceneOperation operation in plan.Batches[0]) all.Add(operation is SpawnOperation spawn ? spawn with { Authority = authority } : operation);
            foreach ((string path, string whose) in rule.Authorities)
            {
                if (!int.TryParse(For(whose, peer), out int own)) return Fail(out error, $"authority \"{whose}\" is no number");
                all.Add(new SetAuthorityOperation(NodeRef.At(ScenePath.Join(plan.RootPath, path)), own));
            }
        }

        return true;
    }

    /// <summary>What a peer's going does.</summary>
    public IReadOnlyList<SceneOperation> Leave(int peer) =>
        _despawns ? [.. _join.Select(rule => new DespawnOperation(NodeRef.At(ScenePath.Join(rule.Under, For(rule.Name, peer)))))] : [];

    /// <summary>What clients may do with a node.</summary>
    /// <param name="path">From /root.</param>
    public TreeAccess AccessTo(string path)
    {
        while (true)
        {
            if (_trees.TryGetValue(path, out TreeAccess access)) return access;
            int above = path.LastIndexOf('/');
            if (above <= 0) return TreeAccess.None;
            path = path[..above];
        }
    }

    /// <summary>What clients may do with a node and all that is, or could be, below it.</summary>
    /// <param name="path">From /root.</param>
    public TreeAccess AccessToAll(string path)
    {
        TreeAccess access = AccessTo(path);
        foreach ((string listed, TreeAccess below) in _trees)
        {
            if (below < access && listed.StartsWith(ScenePath.Join(path, ""), StringComparison.Ordinal)) access = below;
        }

        return access;
    }

    /// <summary>A text of the rules for one peer.</summary>
    internal static string For(string text, int peer) => text.Replace(PeerPlaceholder, peer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private bool TryReadJoin(JsonElement join, out string error)
    {
        if (join.ValueKind != JsonValueKind.Array) return Fail(out error, "\"join\": expected an array");
        foreach (JsonElement one in join.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.Object) return Fail(out error, "\"join\": expected objects");
            string? scene = null, under = null, name = PeerPlaceholder, authority = "1";
            var authorities = new List<KeyValuePair<string, string>>();
            foreach (JsonProperty property in one.EnumerateObject())
            {
                bool isText = property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number;
                string text = isText ? property.Value.ToString() : "";
                switch (property.Name)
                {
                    case "spawn" when isText: scene = text; break;
                    case "under" when isText: under = text; break;
                    case "name" when isText: name = text; break;
                    case "authority" when isText: authority = text; break;
                    case "authorities" when property.Value.ValueKind == JsonValueKind.Object:
                        foreach (JsonProperty node in property.Value.EnumerateObject()) authorities.Add(new(node.Name, node.Value.ToString()));
                        break;
                    default: return Fail(out error, $"\"join\": \"{property.Name}\" is not known, or has a value of the wrong kind");
                }
            }

            if (scene is null) return Fail(out error, "\"join\": \"spawn\" is missing");
            if (under is null || !ScenePath.TrySplit(under, out _, out string? why)) return Fail(out error, $"\"join\": \"under\": expected a path from {ScenePath.Root}");
            _join.Add(new(scene, under, name, authority, authorities));
        }

        error = "";
        return true;
    }

    private bool TryReadLeave(JsonElement leave, out string error)
    {
        string text = leave.ValueKind == JsonValueKind.String ? leave.GetString()! : "";
        if (text is not ("despawn" or "keep")) return Fail(out error, "\"leave\": expected \"despawn\" or \"keep\"");
        _despawns = text == "despawn";
        error = "";
        return true;
    }

    private bool TryReadTrees(JsonElement trees, out string error)
    {
        if (trees.ValueKind != JsonValueKind.Object) return Fail(out error, "\"trees\": expected an object");
        foreach (JsonProperty tree in trees.EnumerateObject())
        {
            if (!ScenePath.TrySplit(tree.Name, out _, out _)) return Fail(out error, $"\"trees\": \"{tree.Name}\" is no path from {ScenePath.Root}");
            string text = tree.Value.ValueKind == JsonValueKind.String ? tree.Value.GetString()! : "";
            if (text is not ("read" or "write")) return Fail(out error, $"\"trees\": \"{tree.Name}\": expected \"read\" or \"write\"");
            _trees[tree.Name] = text == "write" ? TreeAccess.Write : TreeAccess.Read;
        }

        error = "";
        return true;
    }

    private static bool Fail(out string error, string why)
    {
        error = why;
        return false;
    }
}
