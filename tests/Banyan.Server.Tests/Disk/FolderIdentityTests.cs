using System.Net;
using Banyan.Primitives;
using Banyan.Server.Hosting;

namespace Banyan.Server.Tests.Disk;

public sealed class FolderIdentityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("banyan-identity-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_stays_with_the_server_that_made_it()
    {
        FolderIdentity.Claim(Options(1, "town"));
        FolderIdentity.Claim(Options(1, "town"));
        Assert.Contains("server 1 of town", Assert.Throws<IOException>(() => FolderIdentity.Claim(Options(2, "town"))).Message);
        Assert.Throws<IOException>(() => FolderIdentity.Claim(Options(1, "village")));
    }

    private ServerOptions Options(uint id, string cluster) => new()
    {
        Self = new(id),
        Servers = [new(new(id), new(IPAddress.Loopback, 1), new("http://127.0.0.1:2"))],
        Folder = _folder,
        Cluster = cluster,
    };
}
