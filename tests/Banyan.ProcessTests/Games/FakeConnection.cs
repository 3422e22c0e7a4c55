using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.ProcessTests.Games;

/// <summary>One client of a fake gateway; frames as docs/godot-sessions.md has them.</summary>
internal sealed class FakeConnection(TcpClient client, WebSocket socket) : IDisposable
{
    public const byte Hello = 1, Packet = 2, Numbered = 3, Heard = 4, Ping = 5, Bye = 6, Tree = 7;

    /// <summary>Reached only when a test fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly byte[] _buffer = new byte[1 << 20];

    /// <summary>The next frame of one of these kinds; others are skipped. Null if the client has closed the connection.</summary>
    public async Task<byte[]?> ReceiveAsync(params byte[] kinds)
    {
        while (true)
        {
            int length = 0;
            ValueWebSocketReceiveResult read;
            do
            {
                read = await socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None).AsTask().WaitAsync(Patience);
                if (read.MessageType == WebSocketMessageType.Close) return null;
                length += read.Count;
            }
            while (!read.EndOfMessage);
            if (kinds.Length == 0 || kinds.Contains(_buffer[0])) return _buffer[..length];
        }
    }

    /// <summary>The client's greeting.</summary>
    public async Task<VariantDictionary> HelloAsync()
    {
        byte[] frame = (await ReceiveAsync())!;
        Assert.Equal(Hello, frame[0]);
        return Decode(frame.AsSpan(1)).AsDictionary();
    }

    /// <summary>Answers a greeting.</summary>
    public Task WelcomeAsync(int peer, bool resumed = false, double grace = 30, params string[] gateways) => SendAsync(1, Encode(VariantDictionary.Of(
    [
        new("version", 1), new("peer", peer), new("secret", ImmutableArray.CreateRange(Secret)), new("resumed", resumed),
        new("gateways", ImmutableArray.CreateRange(gateways)), new("grace", grace),
    ])));

    /// <summary>What every WELCOME says.</summary>
    public static byte[] Secret => [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    /// <summary>A packet that brings text to the game.</summary>
    public Task SayAsync(string text) => SendAsync(2, Raw(text));

    /// <summary>The same, numbered.</summary>
    public Task SayAsync(int source, uint number, string text) => SendAsync(3, Int32(source), UInt32(number), Raw(text));

    /// <summary>The same, with something to remember.</summary>
    public Task RememberAsync(string text, params (string Key, string Value)[] entries) =>
        SendAsync(6, [(byte)entries.Length, 0], Entries(entries), text.Length == 0 ? [] : Raw(text));

    public Task DoneAsync(uint number) => SendAsync(4, UInt32(number));

    public Task PongAsync(byte[] ping) => SendAsync(5, ping[1..]);

    public Task GoodbyeAsync(bool final, string reason) => SendAsync(7, [final ? (byte)1 : (byte)0], Encoding.UTF8.GetBytes(reason));

    public Task SendTreeAsync(params Variant[] message) => SendAsync(8, Encode(new VariantArray([.. message])));

    public Task SendEmptyAsync() => socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).AsTask();

    public async Task SendAsync(byte kind, params byte[][] parts) =>
        await socket.SendAsync(((byte[])[kind, .. parts.SelectMany(p => p)]).AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).AsTask().WaitAsync(Patience);

    /// <summary>The number and the text of the next reliable message.</summary>
    public async Task<(uint Number, string Text)> SaidAsync()
    {
        byte[] frame = (await ReceiveAsync(Numbered))!;
        Assert.Equal(3, frame[5]); // raw
        return (BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(1)), Encoding.UTF8.GetString(frame.AsSpan(6)));
    }

    /// <summary>The next that the client says, whatever it is.</summary>
    public async Task<VariantArray> TreeAsync() => Decode((await ReceiveAsync(Tree))!.AsSpan(1)).AsArray();

    /// <summary>Ends the connection properly.</summary>
    public Task CloseAsync(WebSocketCloseStatus status, string reason) => socket.CloseOutputAsync(status, reason, CancellationToken.None);

    /// <summary>Breaks the connection, as a killed process does.</summary>
    public void Break()
    {
        client.Client.LingerState = new(true, 0);
        client.Dispose();
    }

    public void Dispose()
    {
        socket.Dispose();
        client.Dispose();
    }

    /// <summary>{u8 key length, key, u16 value length, value}*</summary>
    public static byte[] Entries(params (string Key, string Value)[] entries) =>
        [.. entries.SelectMany(e => (byte[])[(byte)e.Key.Length, .. Encoding.ASCII.GetBytes(e.Key), (byte)e.Value.Length, (byte)(e.Value.Length >> 8), .. Encoding.ASCII.GetBytes(e.Value)])];

    /// <summary>{i32 source, u32 number}*</summary>
    public static byte[] Numbers(params (int Source, uint Number)[] numbers) => [.. numbers.SelectMany(n => Int32(n.Source).Concat(UInt32(n.Number)))];

    private static byte[] Raw(string text) => [3, .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Int32(int value) => BitConverter.GetBytes(value);

    private static byte[] UInt32(uint value) => BitConverter.GetBytes(value);

    private static byte[] Encode(Variant value)
    {
        var writer = new ByteWriter();
        VariantBinary.Encode(writer, value);
        return writer.ToArray();
    }

    private static Variant Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        Assert.True(VariantBinary.TryDecode(ref reader, VariantLimits.Peer, out Variant value) && reader.IsAtEnd);
        return value;
    }
}
