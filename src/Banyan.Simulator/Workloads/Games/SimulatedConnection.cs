using System.Diagnostics.CodeAnalysis;
using System.Text;
using Banyan.Primitives;
using Banyan.Simulator.World;
using Banyan.Sync.Frames;
using Banyan.Sync.Hosting;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>
/// A WebSocket between a client and a gateway: messages come in order, late, or not at all any more. It may break, fall
/// silent without either end hearing of it, or lose its gateway.
/// </summary>
internal sealed class SimulatedConnection : IPeerConnection
{
    private const long DelayMax = 30_000;
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedServer _server;
    private readonly Func<SimulatedServer, SimulatedGateway?> _gatewayOf;
    private readonly SeededRandom _random;
    private readonly bool _isFramed;
    private readonly bool _isHeardToDie;
    private readonly Queue<byte[]> _toClient = [];
    private readonly Queue<byte[]> _toGateway = [];
    private SimulatedGateway? _gateway;
    private HostedPeer? _peer;
    private bool _isGreeted;
    private bool _isOverAtGateway;
    private bool _isMuteToClient;
    private bool _isMuteToGateway;
    private long _clientHasAt;
    private long _gatewayHasAt;
    private long _resetAt;

    /// <summary>Begins to connect.</summary>
    public SimulatedConnection(
        SimulatedCluster cluster, SimulatedServer server, Func<SimulatedServer, SimulatedGateway?> gatewayOf, bool isFramed, SeededRandom random)
    {
        (_cluster, _server, _gatewayOf, _isFramed, _random) = (cluster, server, gatewayOf, isFramed, random);
        _isHeardToDie = random.Chance(0.7);
        ToGateway(() =>
        {
            if (server.IsUp) server.Do(_ => Accept());
            else ToClient(() => IsOver = true);
        });
    }

    /// <summary>Whether the gateway has taken it, as the client knows.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether it has ended, as the client knows.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether it works: what is sent now will arrive if nothing else happens.</summary>
    public bool IsSound => IsOpen && !IsOver && !_isOverAtGateway && Fault is null && !_isMuteToClient && !_isMuteToGateway && _gateway is { IsUp: true };

    /// <inheritdoc/>
    public string? Fault { get; private set; }

    /// <inheritdoc/>
    public bool IsFinal { get; private set; }

    /// <summary>The client looks whether its gateway still is there.</summary>
    public void Poll()
    {
        if (_gateway is not { IsUp: false } || IsOver) return;
        // A machine that is gone says nothing; one that is back has never heard of the connection.
        if (_resetAt == 0 && (_isHeardToDie || _server.IsUp)) _resetAt = _cluster.Time.Now + Delay();
        if (_resetAt != 0 && _cluster.Time.Now >= _resetAt && !_isMuteToClient) IsOver = true;
    }

    /// <summary>The next message for the client.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? message) => _toClient.TryDequeue(out message);

    /// <summary>The client sends a message.</summary>
    public void SendToGateway(byte[] message)
    {
        if (IsOver) return;
        ToGateway(() =>
        {
            _toGateway.Enqueue(message);
            AtGateway(TakeAll);
        });
    }

    /// <summary>The client ends it; what it has sent still arrives.</summary>
    public void Close()
    {
        if (IsOver) return;
        IsOver = true;
        ToGateway(EndAtGateway);
    }

    /// <summary>It breaks: what is under way is lost, and both ends hear of it soon.</summary>
    public void Break()
    {
        (_isMuteToClient, _isMuteToGateway) = (true, true);
        After(Delay(), () => IsOver = true);
        After(_random.Next(200_000), EndAtGateway);
    }

    /// <summary>It goes silent, one way a little before the other: each end hears of it only when it has waited long enough.</summary>
    public void FallSilent()
    {
        bool isFirst = _random.Chance(0.5);
        if (isFirst) _isMuteToClient = true;
        else _isMuteToGateway = true;
        After(_random.Next(300_000), () => (_isMuteToClient, _isMuteToGateway) = (true, true));
        After(_random.NextInRange(2_000_000, 8_000_000), () => IsOver = true);
        After(_random.NextInRange(500_000, 8_000_000), EndAtGateway);
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> message)
    {
        if (Fault is not null || _isOverAtGateway) return;
        byte[] copy = message.ToArray();
        ToClient(() => _toClient.Enqueue(copy));
    }

    /// <inheritdoc/>
    public void Fail(string why, bool isFinal = true)
    {
        if (Fault is not null) return;
        if (_isFramed)
        {
            var goodbye = new ByteWriter();
            SessionFrame.WriteGoodbye(goodbye, isFinal, Encoding.UTF8.GetBytes(why));
            Send(goodbye.Written);
        }

        (Fault, IsFinal) = (why, isFinal);
        ToClient(() => IsOver = true);
        After(_random.Next(1_000_000), EndAtGateway);
    }

    private long Delay() => _random.NextInRange(200, DelayMax);

    private void After(long microseconds, Action action) => _cluster.Time.After(microseconds, action);

    private void ToClient(Action arrives)
    {
        _clientHasAt = Math.Max(_clientHasAt, _cluster.Time.Now + Delay());
        After(_clientHasAt - _cluster.Time.Now, () =>
        {
            if (!IsOver && !_isMuteToClient) arrives();
        });
    }

    private void ToGateway(Action arrives)
    {
        _gatewayHasAt = Math.Max(_gatewayHasAt, _cluster.Time.Now + Delay());
        After(_gatewayHasAt - _cluster.Time.Now, () =>
        {
            if (!_isMuteToGateway) arrives();
        });
    }

    // On the store's loop, unless the gateway is gone.
    private void AtGateway(Action action)
    {
        if (_gateway is { IsUp: true }) _server.Do(_ => action());
    }

    private void Accept()
    {
        if (_isOverAtGateway) return;
        _gateway = _gatewayOf(_server);
        if (_gateway is null) return;
        ToClient(() => IsOpen = true);
        if (!_isFramed) _peer = _gateway.Host.Connect(this, Admission.Anybody);
    }

    private void TakeAll()
    {
        while (_toGateway.TryDequeue(out byte[]? message))
        {
            if (!_isOverAtGateway && Fault is null) Take(message);
        }
    }

    private void Take(byte[] message)
    {
        GameHost host = _gateway!.Host;
        if (!_isFramed)
        {
            if (_peer is not null) host.OnPacket(_peer, message);
        }
        else if (_isGreeted)
        {
            if (_peer is not null) host.OnFrame(_peer, message);
        }
        else
        {
            _isGreeted = true;
            bool isRead = HelloFrame.TryRead(message, out HelloFrame? hello, out string error);
            Invariant.Holds(isRead, error);
            _peer = host.Connect(this, hello!, Admission.Anybody);
        }
    }

    private void EndAtGateway()
    {
        if (_gateway is null) _isOverAtGateway = true;
        AtGateway(() =>
        {
            if (_isOverAtGateway) return;
            _isOverAtGateway = true;
            if (_peer is not null) _gateway!.Host.Disconnect(_peer);
        });
    }
}
