namespace Banyan.ProcessTests;

/// <summary>An empty folder, until it is disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("banyan-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
