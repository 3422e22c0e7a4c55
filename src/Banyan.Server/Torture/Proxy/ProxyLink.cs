using System.Net;
using System.Net.Sockets;
using Banyan.Primitives;

namespace Banyan.Server.Torture.Proxy;

/// <summary>
/// The way from one server to another: a port of its own that the first one dials in place of the second one's. The rule
/// can change at any moment. What comes back over the same connection follows the rule of the way back.
/// </summary>
internal sealed class ProxyLink : IAsyncDisposable
{
    private const int ConnectionsMax = 64;

    private readonly IPEndPoint _target;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<ProxyConnection> _open = [];
    private readonly SeededRandom _random;
    private readonly Task _accepting;
    private LinkRule _rule = LinkRule.Open;
    private TaskCompletionSource _changed = NewSignal();

    public ProxyLink(int from, int to, IPEndPoint target, ulong seed)
    {
        (From, To, _target) = (from, to, target);
        _random = new(seed);
        _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = Task.Run(AcceptAsync);
    }

    public int From { get; }

    public int To { get; }

    /// <summary>Where the first server dials.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>The way back; set before anybody dials.</summary>
    public ProxyLink? Back { get; set; }

    public LinkRule Rule
    {
        get
        {
            lock (_gate) return _rule;
        }
    }

    /// <summary>Ends when the rule changes next.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate) return _changed.Task;
        }
    }

    /// <summary>Changes the rule. Connections that have lost bytes, in this direction or back, are reset by what moves their bytes.</summary>
    public void Set(LinkRule rule)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _rule = rule;
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    public double Draw()
    {
        lock (_gate) return _random.NextDouble();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        ProxyConnection[] open;
        lock (_gate) open = [.. _open];
        foreach (ProxyConnection connection in open) connection.Reset();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket incoming = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                lock (_gate)
                {
                    if (_open.Count >= ConnectionsMax)
                    {
                        incoming.Dispose();
                        continue;
                    }

                    var connection = new ProxyConnection(this, incoming, _target);
                    _open.Add(connection);
                    connection.Start(Forget);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Stopped, or the caller hung up in the queue.
            }
        }
    }

    private void Forget(ProxyConnection connection)
    {
        lock (_gate) _open.Remove(connection);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
