using System.Collections.Immutable;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Frames;
using Banyan.Sync.Trees;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>
/// What one client does with a followed tree. Nodes of its own nobody else touches, so it knows from the answers what they must
/// be: every change made once or not at all. In the common part all move and remove what they see; there it is enough that all
/// end up with the tree as it is.
/// </summary>
internal sealed class BoardPlayer
{
    private const string Own = "Own";
    private const string Common = "Common";
    private const string MayBeMade = "it may have been made or not";
    private const int OwnMax = 4;
    private const int CommonMax = 12;

    private readonly GamesWorld _games;
    private readonly GameClient _client;
    private readonly ClientSession _session;
    private readonly SeededRandom _random;
    private readonly TreeFollower _board;
    private readonly SortedDictionary<long, Dictionary<string, int?>> _asked = []; // by request: own nodes' values, null for removed
    private readonly SortedDictionary<string, int?> _own = new(StringComparer.Ordinal); // what the answers say
    private readonly SortedSet<string> _uncertain = new(StringComparer.Ordinal);
    private int _names;
    private int _value;

    public BoardPlayer(GamesWorld games, GameClient client, ClientSession session, SeededRandom random)
    {
        (_games, _client, _session, _random) = (games, client, session, random);
        _board = session.Follow(SmallGame.Board);
    }

    /// <summary>Answers that said that a change was made.</summary>
    public int MadeCount { get; private set; }

    /// <summary>Takes answers.</summary>
    public void Process()
    {
        if (_board.Lost is { } why) _games.Violate($"{_client}: the board is lost: {why}");
        while (_board.TryTakeDone(out (long Request, string Error) done))
        {
            if (!_asked.Remove(done.Request, out Dictionary<string, int?>? asked))
            {
                _games.Violate($"{_client}: change {done.Request} is answered, which waits for no answer");
                continue;
            }

            foreach ((string name, int? value) in asked)
            {
                if (done.Error.Length == 0) _own[name] = value;
                else if (done.Error.StartsWith(MayBeMade, StringComparison.Ordinal)) _uncertain.Add(name);
            }

            if (done.Error.Length > 0) continue;
            MadeCount++;
            foreach ((string name, int? value) in asked) CheckSeen(name, value);
        }
    }

    /// <summary>Does something; what, or null if there was nothing to do.</summary>
    public string? Act()
    {
        if (_board.Root is not { } root) return null;
        return _random.Chance(0.6) ? ActAlone() : ActInCommon(root);
    }

    /// <summary>What is otherwise than it should be once all is quiet.</summary>
    public IEnumerable<string> Differences(SceneMirror mirror)
    {
        if (_asked.Count > 0) yield return $"{_client} waits for {_asked.Count} answers about the board";
        if (!mirror.TryFind(SmallGame.Board, out MirrorNode? board)) yield break;
        if (_board.Root is not { } root)
        {
            yield return $"{_client} does not see the board";
            yield break;
        }

        foreach (string difference in Differences(root, mirror, board)) yield return $"{_client}: {difference}";
        foreach ((string name, int? value) in _own)
        {
            if (_uncertain.Contains(name)) continue;
            int? seen = Value(root.Find($"{Own}/{name}"));
            if (seen != value) yield return $"{_client}: its node {name} is {Text(seen)}, the answers say {Text(value)}";
        }
    }

    private string? ActAlone()
    {
        string[] there = [.. _own.Where(o => o.Value is not null).Select(o => o.Key)];
        var asked = new Dictionary<string, int?>();
        ImmutableArray<Variant> operations;
        string what;
        if (there.Length == 0 || (there.Length < OwnMax && _random.Chance(0.4)))
        {
            string name = $"C{_client.Number}-{++_names}";
            asked.Add(name, ++_value);
            operations = [Do("spawn", Own, name, "Node", Properties("value", _value))];
            what = "plant";
        }
        else if (_random.Chance(0.7))
        {
            // All of them or none.
            int value = ++_value;
            foreach (string name in there) asked.Add(name, value);
            operations = [.. there.Select(name => Do("set", $"{Own}/{name}", Properties("value", value)))];
            what = "write all";
        }
        else
        {
            string name = there[_random.Next(there.Length)];
            asked.Add(name, null);
            operations = [Do("remove", $"{Own}/{name}")];
            what = "uproot";
        }

        return Change(asked, operations) ? what : null;
    }

    private string? ActInCommon(TreeNode root)
    {
        TreeNode common = root.Find(Common)!;
        var paths = new List<string>();
        Collect(common, Common, paths);
        switch (_random.Next(4))
        {
            case 0 or 1 when paths.Count < CommonMax:
                string parent = paths.Count == 0 || _random.Chance(0.3) ? Common : paths[_random.Next(paths.Count)];
                return Change([], [Do("spawn", parent, $"N{_client.Number}-{++_names}", "Node", Properties("by", _client.Number))]) ? "plant in common" : null;
            case 2 when paths.Count > 1:
                (string moved, string below) = (paths[_random.Next(paths.Count)], paths[_random.Next(paths.Count)]);
                return Change([], [Do("move", moved, below, moved[(moved.LastIndexOf('/') + 1)..])]) ? "move in common" : null;
            case 3 when paths.Count > 0:
                string path = paths[_random.Next(paths.Count)];
                return Change([], [_random.Chance(0.5) ? Do("remove", path) : Do("set", path, Properties("by", _client.Number))]) ? "change in common" : null;
            default:
                return null;
        }
    }

    private bool Change(Dictionary<string, int?> asked, ImmutableArray<Variant> operations)
    {
        long request = _session.Change(_board, operations);
        if (request != 0) _asked.Add(request, asked);
        return request != 0;
    }

    // "done" comes after the change itself. A later change of its own may have come as well.
    private void CheckSeen(string name, int? value)
    {
        if (_asked.Values.Any(later => later.ContainsKey(name)) || _uncertain.Contains(name) || _board.Root is not { } root) return;
        int? seen = Value(root.Find($"{Own}/{name}"));
        if (seen != value) _games.Violate($"{_client} sees {Text(seen)} of its node {name} when it is told that its change to {Text(value)} is done");
    }

    private static void Collect(TreeNode node, string path, List<string> paths)
    {
        foreach (TreeNode child in node.Children)
        {
            paths.Add($"{path}/{child.Name}");
            Collect(child, paths[^1], paths);
        }
    }

    private static IEnumerable<string> Differences(TreeNode told, SceneMirror mirror, MirrorNode node)
    {
        string[] properties = [.. told.Properties.Select(p => $"{p.Key} = {VariantText.Write(p.Value)}")];
        string[] stored = [.. node.Properties.Select(p => $"{p.Key} = {(PropertyValue.TryDecode(p.Value, out Variant value) ? VariantText.Write(value) : "?")}")];
        if (!properties.SequenceEqual(stored)) yield return $"it sees {told.Name} with {string.Join(", ", properties)}, which has {string.Join(", ", stored)}";
        MirrorNode[] children = [.. node.Children.Select(c => mirror[c]!)];
        if (!told.Children.Select(c => c.Name).SequenceEqual(children.Select(c => c.Header!.Name)))
        {
            yield return $"it sees {string.Join(", ", told.Children.Select(c => c.Name))} below {told.Name}, there are {string.Join(", ", children.Select(c => c.Header!.Name))}";
            yield break;
        }

        for (int i = 0; i < children.Length; i++)
        {
            foreach (string difference in Differences(told.Children[i], mirror, children[i])) yield return difference;
        }
    }

    private static int? Value(TreeNode? node) => node is not null && node.Properties.TryGetValue("value", out Variant value) ? (int)value.AsInt() : null;

    private static string Text(int? value) => value?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "gone";

    private static Variant Do(params ImmutableArray<Variant> operation) => new VariantArray(operation);

    private static Variant Properties(string name, int value) => VariantDictionary.Of([new KeyValuePair<Variant, Variant>(name, value)]);
}
