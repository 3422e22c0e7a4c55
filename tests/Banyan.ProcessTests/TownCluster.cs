using Banyan.Client.Local;

namespace Banyan.ProcessTests;

/// <summary>Three servers with the town in them, for tests that leave everything running and write below nodes of their own.</summary>
public sealed class TownCluster : IAsyncLifetime
{
    private LocalCluster? _cluster;

    internal LocalCluster Cluster => _cluster!;

    internal Uri Gateway => Cluster.Gateways[0];

    /// <summary>What the import said.</summary>
    internal BanyanCommand Import { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LocalCluster.StartAsync(BanyanCommand.Executable);
        Import = await RunAsync("import", Checkout.Town, "--ranges", "6", "--json");
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
    }

    /// <summary>Runs a command through the first server.</summary>
    internal Task<BanyanCommand> RunAsync(params IEnumerable<string> arguments) => BanyanCommand.RunAsync(Gateway, arguments);
}

/// <summary>The tests that share a <see cref="TownCluster"/>.</summary>
[CollectionDefinition(Name)]
public sealed class TownCollection : ICollectionFixture<TownCluster>
{
    public const string Name = "town";
}
