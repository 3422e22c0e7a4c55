using System.Diagnostics;
using Banyan.Bench.Etcd;
using Banyan.Bench.Load;

namespace Banyan.Bench.Tests.Etcd;

public sealed class EtcdClusterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("banyan-etcd-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_put_through_any_member_is_read_through_every_other_and_nothing_is_left_behind()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        EtcdOptions options = OptionsOrSkip();
        IReadOnlyList<int> processes;
        using (EtcdCluster cluster = await EtcdCluster.StartAsync(options, stop))
        {
            processes = cluster.ProcessIds;
            Assert.Equal(EtcdCluster.MemberCount, processes.Count);
            Assert.Contains(await cluster.FindLeaderAsync(stop), cluster.Endpoints);

            byte[] value = new byte[1000];
            value.AsSpan().Fill(0xAB);
            foreach (Uri endpoint in cluster.Endpoints)
            {
                using var writer = new EtcdClient([endpoint]);
                byte[] key = System.Text.Encoding.UTF8.GetBytes($"key{endpoint.Port}");
                Assert.Null(await writer.RangeAsync(key, stop));
                long revision = await writer.PutAsync(key, value, stop);
                Assert.Equal(revision + 1, await writer.PutAsync(key, value, stop));

                using var reader = new EtcdClient(cluster.Endpoints);
                for (int i = 0; i < EtcdCluster.MemberCount; i++)
                    Assert.Equal(value, await reader.RangeAsync(key, stop));
            }
        }

        foreach (int id in processes) Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_refusal_of_etcd_is_an_error_of_the_load()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        EtcdOptions options = OptionsOrSkip();
        using EtcdCluster cluster = await EtcdCluster.StartAsync(options, stop);
        using var client = new EtcdClient(cluster.Endpoints);

        // etcd refuses an empty key with INVALID_ARGUMENT, in headers and without a body.
        EtcdException refused = await Assert.ThrowsAsync<EtcdException>(
            async () => await client.PutAsync(ReadOnlyMemory<byte>.Empty, "v"u8.ToArray(), stop));
        Assert.Equal(3, refused.GrpcStatus);

        var target = new EtcdTarget(client);
        await target.WriteAsync(2, EtcdTarget.KeysPerClient + 1, "v"u8.ToArray());
        Assert.Equal("v"u8.ToArray(), await client.RangeAsync(EtcdTarget.KeyOf(2, 1), stop));
    }

    [Fact]
    public async Task Without_etcd_the_error_says_how_to_install_it()
    {
        var options = new EtcdOptions(Path.GetTempPath()) { Binary = "/nowhere/etcd" };
        EtcdException failure = await Assert.ThrowsAsync<EtcdException>(
            () => EtcdCluster.StartAsync(options, TestContext.Current.CancellationToken));
        Assert.Contains("apt-get install -y etcd-server", failure.Message);
    }

    private EtcdOptions OptionsOrSkip()
    {
        var options = new EtcdOptions(_folder);
        if (options.FindBinary() is null) Assert.Skip("etcd is not installed: apt-get install -y etcd-server");
        return options;
    }
}
