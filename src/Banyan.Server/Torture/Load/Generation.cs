using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Server.Torture.Load;

/// <summary>
/// The nodes that the clients work on for a few seconds, and what they did with them. Histories are checked generation by
/// generation, so that neither checking nor memory grows with the length of the run.
/// </summary>
/// <remarks>
/// Below /root/G&lt;number&gt;, spread over zones that are new with each generation, and so over all ranges:
/// <code>
/// L0 …       a list: its children in their order; an append spawns one, named after its element
/// R0/v17     a register that holds 17: a write renames the child by its id, a compare-and-set by its path
/// P0 …       a register too, one property, written without a read
/// Q0a, Q0b … a pair: one property on two ranges, always written together
/// A0/C3 …    a bank: coins that hang below accounts, and move from one to another by path
/// </code>
/// </remarks>
internal sealed class Generation
{
    public const int Lists = 12;
    public const int Registers = 6;
    public const int Properties = 12;
    public const int Pairs = 6;
    public const int Accounts = 4;
    public const int Coins = 12;

    /// <summary>Ranges that the nodes are spread over.</summary>
    public const int Ranges = 6;

    private const uint ZonesPerRange = 1 << 24;
    private const int ZonesPerGeneration = 4;

    /// <summary>Of the nodes P and Q.</summary>
    public const string PropertyName = "metadata/v";

    private int _underWay;
    private int _operations;
    private volatile bool _isRealTime = true;

    private Generation(int number, NodeId top, long setupInvoked, long setupReturned)
    {
        (Number, Top) = (number, top);
        History = new(setupInvoked, setupReturned);
    }

    public int Number { get; }

    public NodeId Top { get; }

    public NodeId[] ListNodes { get; } = new NodeId[Lists];

    /// <summary>The children whose names are the registers' values.</summary>
    public NodeId[] RegisterNodes { get; } = new NodeId[Registers];

    public NodeId[] PropertyNodes { get; } = new NodeId[Properties];

    public (NodeId First, NodeId Second)[] PairNodes { get; } = new (NodeId, NodeId)[Pairs];

    public NodeId[] AccountNodes { get; } = new NodeId[Accounts];

    public NodeId[] CoinNodes { get; } = new NodeId[Coins];

    public GenerationHistory History { get; }

    public string Path => PathOf(Number);

    /// <summary>Operations under way.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Operations begun.</summary>
    public int Operations => Volatile.Read(ref _operations);

    /// <summary>False once a clock was further off than the bound while it was in use: then reads may be stale.</summary>
    public bool IsRealTime => _isRealTime;

    public void ForgetRealTime() => _isRealTime = false;

    public void Enter()
    {
        Interlocked.Increment(ref _underWay);
        Interlocked.Increment(ref _operations);
    }

    public void Leave() => Interlocked.Decrement(ref _underWay);

    /// <summary>Where a range is cut.</summary>
    public static ZoneId FirstZoneOf(int range) => new((uint)(range + 1) * ZonesPerRange);

    /// <summary>The spawn that founds a generation.</summary>
    public static SpawnOperation Found(int number)
    {
        var nodes = new List<TemplateNode> { Node(-1, $"G{number}", null) };
        for (int i = 0; i < Lists; i++) nodes.Add(Node(0, $"L{i}", ZoneOf(i)));
        for (int i = 0; i < Registers; i++)
        {
            nodes.Add(Node(0, $"R{i}", ZoneOf(i)));
            nodes.Add(Node(nodes.Count - 1, "v0", null));
        }

        // A list has a zone to itself, since appends take turns at its counter of serials.
        ZoneId ZoneOf(int i) => new(FirstZoneOf(i % Ranges).Value + (uint)((number * ZonesPerGeneration) + (i / Ranges % ZonesPerGeneration)));

        for (int i = 0; i < Properties; i++) nodes.Add(Node(0, $"P{i}", ZoneOf(i)));
        for (int i = 0; i < Pairs; i++)
        {
            nodes.Add(Node(0, $"Q{i}a", ZoneOf(i)));
            nodes.Add(Node(0, $"Q{i}b", ZoneOf(i + 1)));
        }

        for (int account = 0; account < Accounts; account++)
        {
            nodes.Add(Node(0, $"A{account}", ZoneOf(account)));
            int above = nodes.Count - 1;
            for (int coin = account; coin < Coins; coin += Accounts) nodes.Add(Node(above, $"C{coin}", null));
        }

        return new(NodeRef.At(ScenePath.Root), new(nodes));
    }

    /// <summary>The generation that was founded, from how its tree looks right then; null if that is not all of it.</summary>
    public static Generation? TryRead(int number, SceneMirror mirror, MirrorNode top, long setupInvoked, long setupReturned)
    {
        var generation = new Generation(number, top.Id, setupInvoked, setupReturned);
        Dictionary<string, MirrorNode> children = ChildrenByName(mirror, top);
        bool isWhole = true;
        NodeId Child(string name)
        {
            isWhole &= children.TryGetValue(name, out MirrorNode? node);
            return node?.Id ?? NodeId.None;
        }

        for (int i = 0; i < Lists; i++) generation.ListNodes[i] = Child($"L{i}");
        for (int i = 0; i < Properties; i++) generation.PropertyNodes[i] = Child($"P{i}");
        for (int i = 0; i < Pairs; i++) generation.PairNodes[i] = (Child($"Q{i}a"), Child($"Q{i}b"));
        for (int i = 0; i < Registers; i++)
        {
            isWhole &= children.TryGetValue($"R{i}", out MirrorNode? register) && register.Children.Count == 1;
            if (isWhole) generation.RegisterNodes[i] = register!.Children[0].Id;
        }

        for (int i = 0; i < Accounts; i++)
        {
            isWhole &= children.TryGetValue($"A{i}", out MirrorNode? account);
            if (!isWhole) break;
            generation.AccountNodes[i] = account!.Id;
            foreach ((string name, MirrorNode coin) in ChildrenByName(mirror, account)) generation.CoinNodes[int.Parse(name.AsSpan(1))] = coin.Id;
        }

        return isWhole ? generation : null;
    }

    /// <summary>A node's children by their names.</summary>
    public static Dictionary<string, MirrorNode> ChildrenByName(SceneMirror mirror, MirrorNode node)
    {
        var children = new Dictionary<string, MirrorNode>(StringComparer.Ordinal);
        foreach (NodePlace place in node.Children)
        {
            if (mirror[place] is { } child) children[child.Header!.Name] = child;
        }

        return children;
    }

    public static string PathOf(int number) => ScenePath.Join(ScenePath.Root, $"G{number}");

    private static TemplateNode Node(int above, string name, ZoneId? zone) => new(above, name, "Node", "", [], 0, zone, [], []);
}
