namespace Banyan.ProcessTests;

/// <summary>A file with a text in it, until it is disposed.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("banyan-file-").FullName;

    public TemporaryFile(string text, string name = "file.txt")
    {
        Path = System.IO.Path.Combine(_folder, name);
        File.WriteAllText(Path, text);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
