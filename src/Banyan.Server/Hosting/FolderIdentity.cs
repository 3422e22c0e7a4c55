using System.Text;

namespace Banyan.Server.Hosting;

/// <summary>
/// Whose folder it is. A server that went on with another one's log would vote a second time where that one has voted.
/// </summary>
internal static class FolderIdentity
{
    private const string FileName = "identity";

    /// <summary>Writes this server's name into a new folder, or finds it there. The folder is locked by the caller.</summary>
    /// <exception cref="IOException">The folder belongs to another server or another cluster.</exception>
    public static void Claim(ServerOptions options)
    {
        string path = Path.Combine(options.Folder, FileName);
        string mine = $"server {options.Self.Value} of {options.Cluster}";
        if (File.Exists(path))
        {
            string owner = File.ReadAllText(path).Trim();
            if (owner != mine) throw new IOException($"{options.Folder} is the folder of {owner}, not of {mine}");
            return;
        }

        using var file = new FileStream(path, FileMode.CreateNew);
        file.Write(Encoding.UTF8.GetBytes(mine + "\n"));
        file.Flush(flushToDisk: true);
    }
}
