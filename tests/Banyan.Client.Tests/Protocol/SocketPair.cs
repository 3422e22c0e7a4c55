using System.IO.Pipelines;
using System.Net.WebSockets;

namespace Banyan.Client.Tests.Protocol;

/// <summary>Two ends of a WebSocket in memory. Each end takes a bounded number of bytes before its sender has to wait.</summary>
internal sealed class SocketPair : IDisposable
{
    private readonly Pipe _up;
    private readonly Pipe _down;

    public SocketPair(int pauseBytes = 1 << 16)
    {
        var options = new PipeOptions(pauseWriterThreshold: pauseBytes, resumeWriterThreshold: pauseBytes / 2, useSynchronizationContext: false);
        _up = new(options);
        _down = new(options);
        Client = WebSocket.CreateFromStream(new Duplex(_down.Reader, _up.Writer), new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero });
        Server = WebSocket.CreateFromStream(new Duplex(_up.Reader, _down.Writer), new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
    }

    public WebSocket Client { get; }

    public WebSocket Server { get; }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private sealed class Duplex(PipeReader reader, PipeWriter writer) : Stream
    {
        private readonly Stream _in = reader.AsStream();
        private readonly Stream _out = writer.AsStream();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => _out.Flush();

        public override Task FlushAsync(CancellationToken stop) => _out.FlushAsync(stop);

        public override int Read(byte[] buffer, int offset, int count) => _in.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop = default) => _in.ReadAsync(buffer, stop);

        public override void Write(byte[] buffer, int offset, int count) => _out.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken stop = default) => _out.WriteAsync(buffer, stop);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (!disposing) return;
            _in.Dispose();
            _out.Dispose();
        }
    }
}
