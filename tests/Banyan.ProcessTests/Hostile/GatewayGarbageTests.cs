using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.Scene.Operations;

namespace Banyan.ProcessTests.Hostile;

[Collection(TownCollection.Name)]
public class GatewayGarbageTests(TownCluster town)
{
    [Fact]
    public async Task A_greeting_in_another_version_is_refused_with_both_versions()
    {
        using RawSession session = await RawSession.OpenAsync(town.Gateway);
        await session.SendAsync(RawSession.Hello(5, version: 9));
        Assert.Equal("protocol version 9; this gateway speaks 1", await session.UntilClosedAsync());
    }

    [Fact]
    public async Task A_request_before_the_greeting_closes_the_connection()
    {
        using RawSession session = await RawSession.OpenAsync(town.Gateway);
        await session.SendAsync(RawSession.Frame(RequestKind.Hash, w => { w.Number(1); w.Timestamp(Timestamp.Zero); }));
        Assert.Equal("a request before the greeting", await session.UntilClosedAsync());
    }

    [Fact]
    public async Task A_second_greeting_or_one_without_a_client_closes_the_connection()
    {
        using RawSession twice = await RawSession.GreetAsync(town.Gateway, 5);
        await twice.SendAsync(RawSession.Hello(5));
        Assert.Equal("a greeting that cannot be read", await twice.UntilClosedAsync());
        using RawSession nobody = await RawSession.OpenAsync(town.Gateway);
        await nobody.SendAsync(RawSession.Hello(0));
        Assert.Equal("a greeting that cannot be read", await nobody.UntilClosedAsync());
    }

    [Fact]
    public async Task An_unknown_kind_of_request_closes_the_connection()
    {
        foreach (byte kind in (byte[])[0, 8, 200])
        {
            using RawSession session = await RawSession.GreetAsync(town.Gateway, 5);
            await session.SendAsync(RawSession.Frame((RequestKind)kind, w => w.Number(1)));
            Assert.Equal($"a request ({kind}) that cannot be read", await session.UntilClosedAsync());
        }
    }

    [Fact]
    public async Task A_frame_beyond_the_limit_closes_the_connection_before_it_has_come()
    {
        using RawSession session = await RawSession.GreetAsync(town.Gateway, 5);
        var length = new ByteWriter();
        length.Number(GatewayProtocol.RequestBytesMax + 1);
        await session.SendRawAsync(length.ToArray());
        Assert.Equal($"a frame of {GatewayProtocol.RequestBytesMax + 1} bytes, {GatewayProtocol.RequestBytesMax} are allowed", await session.UntilClosedAsync());
    }

    [Fact]
    public async Task A_text_message_closes_the_connection()
    {
        using RawSession session = await RawSession.GreetAsync(town.Gateway, 5);
        await session.SendRawAsync("hello"u8.ToArray(), WebSocketMessageType.Text);
        Assert.Equal("text, where binary frames belong", await session.UntilClosedAsync());
    }

    [Fact]
    public async Task Requests_that_are_cut_short_or_too_long_close_the_connection()
    {
        foreach (byte[] good in Requests(sequence: 1))
        {
            foreach (byte[] bad in (byte[][])[good[..^1], [.. good, 7]])
            {
                using RawSession session = await RawSession.GreetAsync(town.Gateway, 6);
                await session.SendAsync(bad);
                Assert.EndsWith("that cannot be read", await session.UntilClosedAsync());
            }
        }
    }

    [Fact]
    public async Task Changed_requests_never_hurt_a_server()
    {
        var random = new SeededRandom(11);
        for (int connection = 0; connection < 40; connection++)
        {
            using RawSession session = await RawSession.GreetAsync(town.Cluster.Gateways[connection % 3], 1000 + (ulong)connection);
            for (ulong i = 1; i <= 8; i++)
            {
                byte[][] requests = Requests(sequence: i);
                byte[] request = requests[random.Next(requests.Length)];
                // The kind stays, or most of them would end at once.
                for (int changes = random.Next(3); changes > 0; changes--) request[1 + random.Next(request.Length - 1)] = (byte)random.Next(random.Chance(0.5) ? 4 : 256);
                await session.SendAsync(request);
            }
        }

        await Health.AssertHealthyAsync(town.Cluster);
    }

    [Fact]
    public async Task Values_that_no_client_would_send_never_hurt_a_server()
    {
        byte[][] requests =
        [
            Cut(new([.. Enumerable.Repeat((byte)0xFF, 16)]), 1),
            Cut(new([.. Enumerable.Repeat((byte)0xFF, 40)]), 1),
            Cut(new([.. Enumerable.Repeat((byte)'S', Key.LengthMax)]), 1),
            Cut(new([0]), 1),
            Cut(new([0xFE]), 99),
            ReadTree(NodeRef.Of(new(ulong.MaxValue)), Timestamp.Zero, 0),
            ReadTree(NodeRef.Of(new(ulong.MaxValue)), Timestamp.Zero, ulong.MaxValue),
            ReadTree(NodeRef.At("/root"), Timestamp.MaxValue, ulong.MaxValue),
            ReadTree(NodeRef.At("/root"), new(1), 0),
            ReadTree(NodeRef.At(""), Timestamp.Zero, 0),
            ReadTree(NodeRef.At("/root/" + new string('a', 1200)), Timestamp.Zero, 0),
            ReadTree(NodeRef.At("/root/" + new string('a', 1200)), Timestamp.Zero, 9),
            RawSession.Frame(RequestKind.Hash, w => { w.Number(1); w.Timestamp(Timestamp.MaxValue); }),
            Transact(1, uint.MaxValue, []),
            Transact(1, 0, []),
            Transact(ulong.MaxValue, 0, [new SetPropertiesOperation(NodeRef.Of(new(1)), [new("metadata/x", [])])]),
            Transact(1, 0, [new SetPropertiesOperation(NodeRef.Of(new(1)), [new("metadata/x", [255, 255])])]),
            Transact(1, 0, [new SetPropertiesOperation(NodeRef.Of(new(ulong.MaxValue)), [new("x", null)])]),
            Transact(1, 0, [new SetPropertiesOperation(NodeRef.At("/root/" + new string('a', 1200)), [new("x", null)])]),
            Transact(1, 0, [new SetPropertiesOperation(NodeRef.At("/root"), [new(new string('a', 1200), [0])])]),
            Transact(1, 0, [new RenameOperation(NodeRef.At("/root/Town/Sun"), new string('a', 1200))]),
            Transact(1, 0, [new MoveZoneOperation(NodeRef.At("/root/Town/Sun"), new(uint.MaxValue))]),
            Transact(1, 0, [new MoveZoneOperation(NodeRef.At("/root"), new(5))]),
            Transact(1, 0, [new ReorderOperation(NodeRef.At("/root/Town/Sun"), int.MinValue)]),
            Transact(1, 0, [new SetAuthorityOperation(NodeRef.At("/root/Town/Sun"), int.MinValue)]),
            Transact(1, 0, [new SpawnOperation(NodeRef.At("/root"), new([]))]),
            Transact(1, 0, [new SpawnOperation(NodeRef.At("/root"), new([new(-1, new string('a', 1200), "", "", [], 0, new(uint.MaxValue), [], [])]))]),
            Transact(1, 0, [new SpawnOperation(NodeRef.At("/root"), new([new(-1, "Hostile", "", "", [], 0, new(uint.MaxValue), [], []), new(-1, "Hostile2", "", "", [], 0, new(3), [], [])]))]),
            Transact(1, 0, [new SpawnOperation(NodeRef.At("/root"), new([new(-1, "H3", new string('a', 1200), new string('a', 1200), [new string('a', 1200)], 0, null, [], [new(new string('a', 1200), null)])]))]),
            Transact(1, 0, [new SpawnOperation(NodeRef.At("/root"), new([new(-1, "H4", "", "", [], 0, null, [new("x", null)], [new("", [1])])]))]),
        ];
        ulong client = 2000;
        for (int i = 0; i < requests.Length; i++)
        {
            using RawSession session = await RawSession.GreetAsync(town.Cluster.Gateways[i % 3], ++client);
            await session.SendAsync(requests[i]);
            // An answer, or the end of the connection: it does not matter which, but it does not take long.
            try
            {
                await session.ReceiveAsync();
            }
            catch (TimeoutException)
            {
                Assert.Fail($"request {i} was neither answered nor refused");
            }
        }

        await Health.AssertHealthyAsync(town.Cluster);
    }

    [Fact]
    public async Task Bytes_that_are_no_http_are_answered_by_the_end_of_the_connection()
    {
        var random = new SeededRandom(12);
        for (int i = 0; i < 10; i++)
        {
            byte[] bytes = new byte[2000];
            for (int at = 0; at < bytes.Length; at++) bytes[at] = (byte)random.Next(256);
            // Kestrel looks for the end of a line first.
            bytes[random.Next(bytes.Length)] = (byte)'\n';
            await EndOfConnectionAsync(town.Gateway.Port, bytes);
        }

        await Health.AssertHealthyAsync(town.Cluster);
    }

    [Fact]
    public async Task Bytes_that_are_no_websocket_close_the_connection()
    {
        byte[] upgrade = "GET /v1/session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"u8.ToArray();
        // Not masked; a reserved opcode; a continuation of nothing; a reserved bit.
        foreach (byte[] garbage in (byte[][])[[0x82, 0x01, 0x00], [0x8F, 0x80, 0, 0, 0, 0], [0x80, 0x81, 0, 0, 0, 0, 0], [0xF2, 0x80, 0, 0, 0, 0]])
            await EndOfConnectionAsync(town.Gateway.Port, [.. upgrade, .. garbage], half: true);
        await Health.AssertHealthyAsync(town.Cluster);
    }

    [Theory]
    [InlineData("/", 404)]
    [InlineData("/v1/session", 426)]
    [InlineData("/healthz", 200)]
    [InlineData("/api/status", 200)]
    [InlineData("/metrics", 200)]
    public async Task Pages_are_where_they_are(string path, int code)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using HttpResponseMessage answer = await http.GetAsync(new Uri(town.Gateway, path), TestContext.Current.CancellationToken);
        Assert.Equal(code, (int)answer.StatusCode);
        Assert.NotEqual("", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Bytes_that_no_server_would_send_to_a_peer_close_the_connection()
    {
        var random = new SeededRandom(13);
        foreach (int port in town.Cluster.Peers.Select(p => p.Port))
        {
            for (int i = 0; i < 10; i++)
            {
                byte[] bytes = new byte[1 + random.Next(3000)];
                for (int at = 0; at < bytes.Length; at++) bytes[at] = (byte)random.Next(256);
                await EndOfConnectionAsync(port, bytes, half: true);
            }
        }

        await Health.AssertHealthyAsync(town.Cluster);
    }

    // Sends bytes and waits until the other side has closed, whatever it says before.
    private static async Task EndOfConnectionAsync(int port, byte[] bytes, bool half = false)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(RawSession.Patience);
        try
        {
            await socket.SendAsync(bytes).WaitAsync(RawSession.Patience);
            if (half) socket.Shutdown(SocketShutdown.Send);
            byte[] buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer).WaitAsync(RawSession.Patience) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Reset: an end too.
        }
    }

    private static byte[][] Requests(ulong sequence) =>
    [
        Transact(sequence, 0, [new SetPropertiesOperation(NodeRef.Of(new(1)), [new("metadata/x", [0, 2, 0, 0, 0, 1, 0, 0, 0])])]),
        Transact(sequence, 0, [new SetPropertiesOperation(NodeRef.At("/root/Town"), [new("metadata/x", null)])]),
        Transact(sequence, 1, [new RenameOperation(NodeRef.At("/root/Nope"), "A"), new DespawnOperation(NodeRef.Of(new(1UL << 40)))]),
        ReadTree(NodeRef.At("/root/Town/Sun"), Timestamp.Zero, 0),
        ReadTree(NodeRef.Of(new(1)), Timestamp.Zero, 2),
        RawSession.Frame(RequestKind.Subscribe, w => { w.Number(sequence); w.Timestamp(Timestamp.Zero); }),
        RawSession.Frame(RequestKind.Unsubscribe, w => w.Number(sequence)),
        RawSession.Frame(RequestKind.Hash, w => { w.Number(sequence); w.Timestamp(Timestamp.Zero); }),
    ];

    private static byte[] Transact(ulong sequence, uint attempt, IReadOnlyList<SceneOperation> operations) => RawSession.Frame(RequestKind.Transact, w =>
    {
        w.Number(sequence);
        w.Number(sequence);
        w.Number(attempt);
        w.Number(sequence - 1);
        OperationCodec.Encode(w, operations);
    });

    private static byte[] ReadTree(NodeRef node, Timestamp at, ulong depth) => RawSession.Frame(RequestKind.ReadTree, w =>
    {
        w.Number(1);
        OperationCodec.Encode(w, node);
        w.Timestamp(at);
        w.Number(depth);
    });

    private static byte[] Cut(Key key, uint preferred) => RawSession.Frame(RequestKind.Cut, w =>
    {
        w.Number(1);
        w.Key(key);
        w.Number(preferred);
    });
}
