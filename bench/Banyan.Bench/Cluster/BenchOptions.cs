namespace Banyan.Bench.Cluster;

/// <summary>Of every bench that starts servers of its own.</summary>
/// <param name="Executable">The <c>banyan</c> executable.</param>
/// <param name="Folder">An existing folder on the disk to measure.</param>
public abstract record BenchOptions(string Executable, string Folder)
{
    /// <summary>Servers, each a process.</summary>
    public int Servers { get; init; } = 3;
}
