using System.Buffers.Binary;
using System.Text;
using Banyan.Godot.Game;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>What players do, by chance.</summary>
internal sealed class GameActs(GamesWorld games, SeededRandom random)
{
    private const int ItemsMax = 4;
    private const uint ForgedFrom = 1_000_000;
    private readonly SortedDictionary<int, int> _values = [];
    private uint _forged;

    /// <summary>A client does something; what, or null if there was nothing to do.</summary>
    public string? Act(GameClient client)
    {
        if (client.Ended is not null || client.Player is not { } player) return null;
        if (games.Kind == GamesKind.Code && random.Chance(0.3)) return ActWithCode(client, player);
        if (client.Board is { } board && random.Chance(0.4)) return board.Act();
        switch (random.Next(100))
        {
            case < 25:
                player.Set("place", NextValue(client));
                if (games.HasDistances) player.Set("position", AnyPosition());
                return "move";
            case < 37:
                player.Set("title", NextValue(client));
                return "title";
            case < 47:
                return Drop(client, player);
            case < 55:
                return AnyOf(player.GetNode("Items")!, item => item.Set(random.Chance(0.5) ? "count" : "heat", NextValue(client)), "item");
            case < 61:
                return AnyOf(player.GetNode("Items")!, item => item.QueueFree(), "item");
            case < 76:
                return Say(client, isCall: random.Chance(0.5));
            case < 86:
                return SayToAll(client, isCall: random.Chance(0.5));
            case < 91:
                return Poke(client);
            case < 97:
                return Forge(client);
            default:
                client.Leave();
                return "leave";
        }
    }

    private string? ActWithCode(GameClient client, GameNode player)
    {
        GameNode charges = player.GetNode("Charges")!;
        switch (random.Next(10))
        {
            case < 5:
                client.Tree.Multiplayer.Rpc(client.Main, "ask", [games.Code.Ask(client)], 1);
                return "ask";
            case < 7:
                if (charges.Children.Count >= ItemsMax) return null;
                return ((MultiplayerSpawner)player.GetNode("ChargeSpawner")!).Spawn(random.Next(100)) is null ? null : "custom spawn";
            case < 9:
                return AnyOf(charges, charge => charge.Set(random.Chance(0.5) ? "count" : "heat", NextValue(client)), "charge");
            default:
                return AnyOf(charges, charge => charge.QueueFree(), "custom despawn");
        }
    }

    // Of any two either is well within the other's sight or well beyond the border, where nobody could say.
    private Vector3 AnyPosition() => new(random.Next(8) * (SmallGame.Distance * 2 / 5), 0, 0);

    private long NextValue(GameClient client)
    {
        int value = _values[client.Number] = _values.GetValueOrDefault(client.Number) + 1;
        return client.Number * GamesWorld.ValuesOfOne + value;
    }

    private string? Drop(GameClient client, GameNode player)
    {
        GameNode items = player.GetNode("Items")!;
        if (items.Children.Count >= ItemsMax) return null;
        GameNode item = client.Tree.Instantiate(SmallGame.Item)!;
        item.Set("count", NextValue(client));
        item.Set("heat", NextValue(client));
        items.AddChild(item, forceReadableName: true);
        return "spawn";
    }

    private string? AnyOf(GameNode parent, Action<GameNode> change, string what)
    {
        if (parent.Children.Count == 0) return null;
        change(parent.Children[random.Next(parent.Children.Count)]);
        return what;
    }

    // Somebody else whom the client knows.
    private GameClient? Other(GameClient client)
    {
        GameClient[] others = [.. Known(client)];
        return others.Length == 0 ? null : others[random.Next(others.Length)];
    }

    private IEnumerable<GameClient> Known(GameClient client) =>
        client.Tree.Multiplayer.Peers.Where(p => p != 1).Select(games.ClientOf).OfType<GameClient>().OrderBy(c => c.Number);

    private string? Say(GameClient client, bool isCall)
    {
        if (Other(client) is not { } other) return null;
        (int number, int total) = games.Ledger.Send(MessageKind.ToOne, client, other);
        Send(client, other.Peer, isCall, MessageKind.ToOne, number, total);
        return "say";
    }

    private string? SayToAll(GameClient client, bool isCall)
    {
        GameClient[] known = [.. Known(client)];
        if (known.Length == 0) return null;
        MessageKind kind = isCall ? MessageKind.CallToAll : MessageKind.BytesToAll;
        (int number, int total) = games.Ledger.Send(kind, client, known);
        // The cluster would have to know what to make of a call.
        Send(client, isCall ? -1 : 0, isCall, kind, number, total);
        return "say to all";
    }

    private static void Send(GameClient client, int to, bool isCall, MessageKind kind, int number, int total)
    {
        if (isCall)
        {
            client.Tree.Multiplayer.Rpc(client.Main, "say", [(int)kind, number, total], to);
            return;
        }

        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], number);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[5..], total);
        client.Tree.Multiplayer.SendBytes(bytes, to);
    }

    // A method of a node that may go at any time, or that the other may not have yet.
    private string? Poke(GameClient client)
    {
        IReadOnlyList<GameNode> players = client.Main.GetNodeOrNull("Players")!.Children;
        if (Other(client) is not { } other) return null;
        client.Tree.Multiplayer.Rpc(players[random.Next(players.Count)], "poke", [], other.Peer);
        return "poke";
    }

    // Writes what is another's, as no game's script would.
    private string? Forge(GameClient client)
    {
        if (Other(client) is not { } other || client.Main.GetNodeOrNull($"Players/{other.Peer}/Pose") is not { } pose) return null;
        uint number = ForgedFrom + ++_forged;
        var writer = new ByteWriter();
        SimplifyPathPacket.Write(writer, Encoding.ASCII.GetBytes(pose.RpcMethods.Md5), number, Encoding.UTF8.GetBytes(pose.Path["/root/".Length..]));
        client.SendRaw(writer.Written, reliable: true);
        var state = new ByteWriter();
        CompressedVariant.Write(state, -1);
        writer.Clear();
        if (random.Chance(0.5))
        {
            var sync = new SyncPacketWriter(writer, (ushort)random.Next(1 << 16));
            sync.Append(number | Packet.PathFlag, state.Written);
        }
        else
        {
            var delta = new DeltaPacketWriter(writer);
            delta.Append(number | Packet.PathFlag, 1, state.Written);
        }

        client.SendRaw(writer.Written, reliable: true);
        return "forge";
    }
}
