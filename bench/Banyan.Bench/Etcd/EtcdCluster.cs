using System.ComponentModel;
using Banyan.Client.Local;

namespace Banyan.Bench.Etcd;

/// <summary>Three etcd processes on loopback, with data folders of their own that last as long as this object.</summary>
/// <remarks>
/// Everything is as etcd has it by default, flushing above all; only ports, folders, the log's level and the quota of
/// space are set.
/// </remarks>
public sealed class EtcdCluster : IDisposable
{
    /// <summary>Members of the cluster: it survives the loss of one.</summary>
    public const int MemberCount = 3;

    private const int StartAttempts = 3;

    private readonly string _folder;
    private readonly List<EtcdMember> _members = [];
    private int _disposed;

    private EtcdCluster(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        // An interrupted benchmark must leave neither processes nor gigabytes behind.
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>Where clients connect, one per member.</summary>
    public IReadOnlyList<Uri> Endpoints => [.. _members.Select(m => m.Endpoint)];

    /// <summary>The members' process ids.</summary>
    public IReadOnlyList<int> ProcessIds => [.. _members.Select(m => m.ProcessId)];

    /// <summary>Processor time that all members have spent since their start.</summary>
    public TimeSpan ProcessorTime => _members.Aggregate(TimeSpan.Zero, (sum, m) => sum + m.ProcessorTime);

    /// <summary>Starts the members and waits until each of them serves linearizable reads.</summary>
    /// <exception cref="EtcdException">There is no etcd here, or it did not come up; the message says what to do.</exception>
    public static async Task<EtcdCluster> StartAsync(EtcdOptions options, CancellationToken stop = default)
    {
        string binary = options.FindBinary() ?? throw new EtcdException(
            -1, $"etcd not found ({options.Binary ?? "not on PATH"}): install it with 'apt-get install -y etcd-server'");

        for (int attempt = 1; ; attempt++)
        {
            string folder = Path.Combine(
                Path.GetFullPath(options.Folder), $"etcd-{Environment.ProcessId}-{Guid.NewGuid():N}");
            var cluster = new EtcdCluster(folder);
            try
            {
                cluster.StartMembers(binary);
                await cluster.WaitUntilServingAsync(options.StartMax, stop).ConfigureAwait(false);
                return cluster;
            }
            catch (EtcdException failure)
            {
                cluster.Dispose();
                // Between our probe for a free port and etcd's bind another process may take the port.
                bool portTaken = failure.Message.Contains("address already in use", StringComparison.Ordinal);
                if (!portTaken || attempt == StartAttempts) throw;
            }
            catch
            {
                cluster.Dispose();
                throw;
            }
        }
    }

    /// <summary>The member that leads now; null while there is none.</summary>
    public async Task<Uri?> FindLeaderAsync(CancellationToken stop = default)
    {
        foreach (EtcdMember member in _members)
        {
            using var client = new EtcdClient([member.Endpoint]);
            if (await client.IsLeaderAsync(stop).ConfigureAwait(false)) return member.Endpoint;
        }

        return null;
    }

    /// <summary>Ends the processes and deletes their data.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        foreach (EtcdMember member in _members) member.Dispose();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private void OnProcessExit(object? sender, EventArgs e) => Dispose();

    private void StartMembers(string binary)
    {
        Uri[] addresses = FreeAddresses(2 * MemberCount);
        string cluster = string.Join(
            ',', Enumerable.Range(0, MemberCount).Select(i => $"m{i}={EtcdMember.Address(addresses[MemberCount + i])}"));
        for (int i = 0; i < MemberCount; i++)
        {
            try
            {
                _members.Add(EtcdMember.Start(
                    binary, _folder, $"m{i}", client: addresses[i], peer: addresses[MemberCount + i], cluster));
            }
            catch (Win32Exception failure)
            {
                throw new EtcdException(-1, $"{binary} does not start: {failure.Message}");
            }
        }
    }

    private async Task WaitUntilServingAsync(TimeSpan limit, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(limit);
        foreach (EtcdMember member in _members)
        {
            string last = "";
            using var client = new EtcdClient([member.Endpoint]);
            while (true)
            {
                if (member.HasExited) throw new EtcdException(-1, $"etcd ended while starting:\n{member.LogTail}");
                try
                {
                    await client.RangeAsync("health"u8.ToArray(), deadline.Token).ConfigureAwait(false);
                    break;
                }
                catch (Exception failure) when (failure is HttpRequestException or EtcdException)
                {
                    // Not listening yet, or no leader yet.
                    last = failure.Message;
                }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested)
                {
                    throw new EtcdException(-1, $"etcd did not serve within {limit.TotalSeconds} s: {last}\n{member.LogTail}");
                }

                await Task.Delay(50, stop).ConfigureAwait(false);
            }
        }
    }

    private static Uri[] FreeAddresses(int count) => [.. LoopbackPorts.Free(count).Select(port => new Uri($"http://127.0.0.1:{port}"))];
}
