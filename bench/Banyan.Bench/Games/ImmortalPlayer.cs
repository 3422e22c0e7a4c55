using System.Diagnostics;
using Banyan.Client.Games;
using Banyan.Godot.Multiplayer;
using Banyan.Primitives;

namespace Banyan.Bench.Games;

/// <summary>A client whose session outlives its gateway, and that counts the states it gets.</summary>
internal sealed class ImmortalPlayer(IReadOnlyList<Uri> gateways) : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    public GameConnection Connection { get; } = new(gateways);

    public long States { get; private set; }

    /// <summary>Plays until something is so.</summary>
    /// <exception cref="TimeoutException">It does not come to be in 30 s.</exception>
    public async Task UntilAsync(Func<bool> isSo, string what)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            while (Connection.TryReceive(out byte[]? packet)) OnPacket(packet);
            if (isSo()) return;
            if (waited.Elapsed > _patience) throw new TimeoutException($"{what}: {Connection.Ended}");
            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private void OnPacket(ReadOnlySpan<byte> packet)
    {
        if (!Relayed.TryOpen(ref packet, out int from)) return;
        if (Packet.CommandOf(packet) == PacketCommand.Sync) States++;
        if (!SimplifyPathPacket.TryRead(packet, out SimplifyPathPacket path)) return;
        var reply = new ByteWriter(128);
        Relayed.Confirm(reply, from, path.Id);
        Connection.Send(reply.Written, reliable: true);
    }
}
