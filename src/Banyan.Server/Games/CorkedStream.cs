using Microsoft.AspNetCore.Http.Features;

namespace Banyan.Server.Games;

/// <summary>
/// A WebSocket's transport that can hold what is written back, so that many packets go out in one system call: a stock
/// client gets each of them as a message of its own, and there are as many as there are peers times ticks.
/// </summary>
/// <remarks>Pings come from a timer while packets are written: each write to the transport is whole.</remarks>
internal sealed class CorkedStream(Stream inner) : Stream
{
    private static readonly object _itemKey = new();

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _writing = new(1);
    private byte[] _held = new byte[4096];
    private int _heldLength;
    private bool _isCorked;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes that are held back.</summary>
    public int HeldLength => _heldLength;

    /// <summary>Puts itself below whatever the request is upgraded to.</summary>
    public static void Install(HttpContext context)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade) context.Features.Set<IHttpUpgradeFeature>(new Upgrade(context, upgrade));
    }

    /// <summary>That of a request that was upgraded.</summary>
    public static CorkedStream Of(HttpContext context) => (CorkedStream)context.Items[_itemKey]!;

    /// <summary>Holds back what is written from now on.</summary>
    public void Cork()
    {
        lock (_gate) _isCorked = true;
    }

    /// <summary>Lets everything go.</summary>
    public async ValueTask UncorkAsync(CancellationToken stop)
    {
        await _writing.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            int length;
            lock (_gate)
            {
                _isCorked = false;
                length = _heldLength;
                _heldLength = 0;
            }

            // Nobody holds anything back before the next Cork, which is this caller's.
            if (length == 0) return;
            await inner.WriteAsync(_held.AsMemory(0, length), stop).ConfigureAwait(false);
            await inner.FlushAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_isCorked)
            {
                if (_held.Length - _heldLength < buffer.Length) Array.Resize(ref _held, Math.Max(_held.Length * 2, _heldLength + buffer.Length));
                buffer.Span.CopyTo(_held.AsSpan(_heldLength));
                _heldLength += buffer.Length;
                return ValueTask.CompletedTask;
            }
        }

        return WriteThroughAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // What is not held back was flushed when it was written.
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.ReadAsync(buffer, offset, count, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _writing.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask WriteThroughAsync(ReadOnlyMemory<byte> buffer, CancellationToken stop)
    {
        await _writing.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            await inner.WriteAsync(buffer, stop).ConfigureAwait(false);
            await inner.FlushAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private sealed class Upgrade(HttpContext context, IHttpUpgradeFeature below) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => below.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync()
        {
            var stream = new CorkedStream(await below.UpgradeAsync().ConfigureAwait(false));
            context.Items[_itemKey] = stream;
            return stream;
        }
    }
}
