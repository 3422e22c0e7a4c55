using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>examples/plaza in the real engine, where GODOT names one: players that play by themselves, on several servers.</summary>
public sealed class PlazaEngineTests
{
    [Fact]
    public async Task Players_carry_the_same_prop_in_turn_and_see_one_door_also_when_a_gateway_is_killed()
    {
        Engine.SkipWithout();
        using var project = new AddonProject(Checkout.Plaza);
        await using LocalCluster cluster = await PlazaGameClient.StartClusterAsync(null);
        string[] urls = [.. cluster.Gateways.Select(g => $"ws://{g.Authority}/godot")];
        using Engine addon = Start(project.Path, urls[1], urls[2], urls[0]);
        using Engine stock = Start(project.Path, "--stock", urls[2]);
        await UntilAsync(() => Peer(addon) is not null && Peer(stock) is not null, addon, stock);
        await UntilAsync(() => Plays(addon, Peer(addon)!, Peer(stock)!) && Plays(stock, Peer(addon)!, Peer(stock)!), addon, stock);

        int lines = addon.Lines.Length;
        cluster.Kill(2);
        await UntilAsync(() => addon.After("SAY").Any(l => l.StartsWith("On with the next gateway", StringComparison.Ordinal)), addon, stock);
        await UntilAsync(() => addon.Lines[lines..].Contains($"HELD Amber by {Peer(addon)}") && addon.Lines[lines..].Contains($"HELD Amber by {Peer(stock)}"), addon, stock);
        foreach (Engine game in new[] { addon, stock })
        {
            Assert.Empty(game.After("LEFT"));
            Assert.Empty(game.Errors);
        }
    }

    private static Engine Start(string project, params string[] arguments) => new(project, ["--", "--demo", .. arguments]);

    private static string? Peer(Engine game) => game.After("JOINED").FirstOrDefault();

    // It has seen both with the prop in their hand and the prop move with it, and the door in both states.
    private static bool Plays(Engine game, string one, string other) =>
        game.Has($"HELD Amber by {one}") && game.Has($"HELD Amber by {other}") && game.Has("DOOR open") && game.After("DOOR").Contains("closed")
        && Moved(game, one) && Moved(game, other);

    private static bool Moved(Engine game, string keeper) =>
        game.After("PROP").Where(l => l.StartsWith($"Amber of {keeper} at ", StringComparison.Ordinal)).Distinct().Count() > 2;

    private static Task UntilAsync(Func<bool> holds, Engine one, Engine other) => Poll.UntilAsync(holds, () => $"{one}\n\n{other}");
}
