using System.Buffers.Binary;
using Banyan.Godot.Game;
using Banyan.Godot.Variants;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Simulator.World;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>What the clients of a run have in common: the cluster with its gateways, the game's files, and what must not be.</summary>
internal sealed class GamesWorld
{
    /// <summary>By how many microseconds a server may take a time for longer or shorter than it is.</summary>
    public const long ClockSlack = 500_000;

    /// <summary>Who writes a value is its millions: a client by its number, 0 for the cluster.</summary>
    public const long ValuesOfOne = 1_000_000;

    private const int ViolationsMax = 20;
    private readonly GameFiles _files;
    private readonly GameRules _rules;
    private readonly SeededRandom _random;
    private readonly SortedDictionary<ServerId, SimulatedGateway> _gateways = [];
    private readonly SortedDictionary<int, GameClient> _byPeer = [];
    private readonly SortedDictionary<string, int> _told = new(StringComparer.Ordinal);
    private int _clients;

    /// <summary>Every server is a gateway from now on, in all its lives.</summary>
    public GamesWorld(SimulatedCluster cluster, GamesKind kind, SeededRandom random)
    {
        (Cluster, Kind, _random) = (cluster, kind, random);
        var game = new SmallGame(kind);
        _rules = game.Rules;
        _files = new(game);
        Project = new(game);
        Ledger = new(HasDistances, Violate);
        Code = new(Violate);
        foreach (SimulatedServer server in cluster.Servers.Where(s => s.IsUp)) server.Do(store => Attach(server, store));
        cluster.OnStarted = Attach;
    }

    public SimulatedCluster Cluster { get; }

    public GamesKind Kind { get; }

    /// <summary>Whether players are seen from nearby only.</summary>
    public bool HasDistances => Kind == GamesKind.Near;

    /// <summary>Whether nothing new shall happen.</summary>
    public bool IsOver { get; set; }

    public GameProject Project { get; }

    public GameFiles Files => _files;

    /// <summary>As in production, but that nobody is waited for for so long.</summary>
    public PeerLimits Limits { get; } = PeerLimits.Default with { GraceMicroseconds = 5_000_000 };

    public MessageLedger Ledger { get; }

    /// <summary>What the game's own code does, if it has any.</summary>
    public CodeLedger Code { get; }

    /// <summary>What must not be, as it was seen.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>How often sessions ended for each reason, and what servers had to say.</summary>
    public IReadOnlyDictionary<string, int> Told => _told;

    /// <summary>Clients that have had a peer id.</summary>
    public int JoinedCount => _byPeer.Count;

    /// <summary>Nodes that clients have moved instead of making them anew.</summary>
    public int MovesCount { get; set; }

    /// <summary>Changes of the board that were made, and answered.</summary>
    public int BoardChanges => _byPeer.Values.Sum(c => c.Board?.MadeCount ?? 0);

    /// <summary>The gateways that are up.</summary>
    public IEnumerable<SimulatedGateway> Gateways => _gateways.Values.Where(g => g.IsUp);

    /// <summary>The gateway of a server, in its present life.</summary>
    public SimulatedGateway? GatewayOf(SimulatedServer server) => _gateways.GetValueOrDefault(server.Id) is { IsUp: true } gateway ? gateway : null;

    /// <summary>A new client.</summary>
    public GameClient NewClient(bool canResume)
    {
        var client = new GameClient(this, ++_clients, canResume, _random.Fork());
        client.Tree.Multiplayer.Called += call =>
        {
            if (call.Method == "answer") Code.Answer(client, (int)call.Arguments[0].AsInt());
            else if (call.Method == "say") Heard((MessageKind)call.Arguments[0].AsInt(), call.Sender, client, (int)call.Arguments[1].AsInt(), (int)call.Arguments[2].AsInt());
        };
        client.Tree.Multiplayer.PeerPacket += (from, bytes) =>
            Heard((MessageKind)bytes[0], from, client, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan()[1..]), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan()[5..]));
        return client;
    }

    /// <summary>Who has a peer id; null for nobody.</summary>
    public GameClient? ClientOf(int peer) => _byPeer.GetValueOrDefault(peer);

    public void OnJoined(GameClient client)
    {
        if (!_byPeer.TryAdd(client.Peer, client)) Violate($"{client} has the peer id of {_byPeer[client.Peer]}");
    }

    public void OnEnded(GameClient client, string why)
    {
        why = why.StartsWith("could not join", StringComparison.Ordinal) ? "could not join" : why.Contains("has no session", StringComparison.Ordinal) ? "away for too long" : why;
        why = "session ended: " + why;
        _told[why] = _told.GetValueOrDefault(why) + 1;
    }

    public void Violate(string what)
    {
        if (Violations.Count < ViolationsMax) Violations.Add($"at {Cluster.Time.Now} µs: {what}");
    }

    /// <summary>Whether all that a client sees was written by whoever has the say on it.</summary>
    public void CheckAuthors(GameClient client)
    {
        foreach (GameNode player in client.Main.GetNodeOrNull("Players")!.Children)
        {
            if (!int.TryParse(player.Name, out int peer)) continue;
            int owner = ClientOf(peer)?.Number ?? 0;
            CheckAuthor(client, player, "place", owner);
            CheckAuthor(client, player, "title", owner);
            CheckAuthor(client, player, "score", 0);
            CheckAuthor(client, player, "answered", 0);
            foreach (GameNode item in SpawnedBy(player))
            {
                CheckAuthor(client, item, "heat", owner);
                CheckAuthor(client, item, "count", owner);
            }
        }

        CheckAuthor(client, client.Main.GetNode("Door")!, "turn", 0);
    }

    /// <summary>What a player's client has spawned.</summary>
    public static IEnumerable<GameNode> SpawnedBy(GameNode player) =>
        [.. player.GetNode("Items")!.Children, .. player.GetNodeOrNull("Charges")?.Children ?? []];

    private void CheckAuthor(GameClient client, GameNode node, string property, int owner)
    {
        Variant value = node.Get(property);
        if (value.IsNil) return;
        long number = value.AsInt();
        if (number / ValuesOfOne != owner || number < 0) Violate($"{client} sees {property} {number} of {node.Path}, which client {owner} has not written");
        // What is in the tree goes on; a state may be overtaken by the one before.
        if (property is not ("title" or "count" or "turn" or "answered")) return;
        string key = node.Path + "." + property;
        long before = client.Seen.GetValueOrDefault(key);
        if (number < before) Violate($"{client} sees {key} {number} after {before}");
        client.Seen[key] = number;
    }

    private void Heard(MessageKind kind, int from, GameClient to, int number, int total)
    {
        if (ClientOf(from) is { } sender) Ledger.Receive(kind, sender, to, number, total);
        else Violate($"{to} has a message of peer {from}, which nobody ever was");
    }

    private void Attach(SimulatedServer server, Store store) =>
        _gateways[server.Id] = new(
            Cluster, server, store, _files, _rules, Limits, Kind == GamesKind.Code ? () => new SmallGameCode(this, server.Id) : null, _random.Fork(), Tell);

    private void Tell(string line)
    {
        _told[line] = _told.GetValueOrDefault(line) + 1;
        if (line.Contains("code has thrown", StringComparison.Ordinal)) Violate(line);
    }
}
