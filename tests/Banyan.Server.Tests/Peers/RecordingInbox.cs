using System.Text;
using System.Threading.Channels;
using Banyan.Primitives;
using Banyan.Server.Peers;

namespace Banyan.Server.Tests.Peers;

/// <summary>Keeps what comes in, and can be shut so that its caller waits.</summary>
internal sealed class RecordingInbox : IPeerInbox
{
    private readonly Channel<(ServerId From, byte[] Message)> _messages = Channel.CreateUnbounded<(ServerId, byte[])>();
    private readonly Channel<(ServerId Peer, bool Reachable)> _reachable = Channel.CreateUnbounded<(ServerId, bool)>();
    private readonly ManualResetEventSlim _open = new(true);

    /// <summary>The message that is none.</summary>
    public byte[] NotUnderstood { get; init; } = [];

    /// <summary>Times that a whole read had been handed over.</summary>
    public int Batches { get; private set; }

    /// <summary>Set while a caller is held at the shut door.</summary>
    public ManualResetEventSlim Held { get; } = new(false);

    /// <summary>From now on, the next caller is held.</summary>
    public void Shut() => _open.Reset();

    /// <summary>Lets callers in.</summary>
    public void Open() => _open.Set();

    public bool OnMessage(ServerId from, ReadOnlySpan<byte> message)
    {
        if (!_open.IsSet)
        {
            Held.Set();
            _open.Wait();
        }

        _messages.Writer.TryWrite((from, message.ToArray()));
        return NotUnderstood.Length == 0 || !message.SequenceEqual(NotUnderstood);
    }

    public void OnBatchEnd(ServerId from) => Batches++;

    public void OnReachable(ServerId peer, bool reachable) => _reachable.Writer.TryWrite((peer, reachable));

    /// <summary>The next message; the test fails if none comes.</summary>
    public async Task<(ServerId From, byte[] Message)> NextAsync() =>
        await _messages.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Long);

    /// <summary>The next message, which is a text.</summary>
    public async Task<string> NextTextAsync() => Encoding.UTF8.GetString((await NextAsync()).Message);

    /// <summary>Whether a message is there already.</summary>
    public bool TryNext(out byte[] message)
    {
        bool any = _messages.Reader.TryRead(out (ServerId From, byte[] Message) next);
        message = next.Message;
        return any;
    }

    /// <summary>Waits until a peer's way has opened or closed.</summary>
    public async Task BecomesAsync(ServerId peer, bool reachable)
    {
        while (true)
        {
            (ServerId Peer, bool Reachable) change =
                await _reachable.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Long);
            if (change == (peer, reachable)) return;
        }
    }
}
