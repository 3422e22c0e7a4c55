using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>Servers of a game whose main scene is imported.</summary>
internal static class GameCluster
{
    /// <summary>Starts them; anybody may enter.</summary>
    /// <param name="game">The game.</param>
    /// <param name="servers">How many.</param>
    /// <param name="moreArguments">For <c>banyan serve</c>.</param>
    public static Task<LocalCluster> StartAsync(FolderProject game, int servers, params IEnumerable<string> moreArguments) =>
        StartAsync(game.Path, game.Main, servers, moreArguments);

    /// <summary>The same for a project that is there already.</summary>
    public static async Task<LocalCluster> StartAsync(string project, string main, int servers, params IEnumerable<string> moreArguments)
    {
        LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, servers, null, ["--project", project, "--open", .. moreArguments]);
        (await BanyanCommand.RunAsync(cluster.Gateways[0], "import", main)).AssertDone();
        return cluster;
    }
}
