using System.Net.WebSockets;
using Banyan.Client.Protocol;
using Banyan.Primitives;

namespace Banyan.Client.Tests.Protocol;

public sealed class FramedSocketTests : IDisposable
{
    private const int FrameBytesMax = 100_000;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly SocketPair _pair = new();
    private readonly FramedSocket _receiver;
    private readonly List<byte[]> _frames = [];
    private Task _reading = Task.CompletedTask;
    private int _batches;

    public FramedSocketTests() => _receiver = new(_pair.Server, FrameBytesMax);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frames_that_are_split_at_any_byte_arrive_whole_and_in_order()
    {
        byte[][] frames = [[1], Pattern(200), [2, 3], Pattern(130), [4]];
        byte[] stream = Stream(frames);
        Read();
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            await SendRawAsync(stream[..cut]);
            await SendRawAsync(stream[cut..]);
        }

        await EndAsync();

        Assert.Null(_receiver.Fault);
        Assert.Equal(frames.Length * (stream.Length + 1), _frames.Count);
        for (int i = 0; i < _frames.Count; i++) Assert.Equal(frames[i % frames.Length], _frames[i]);
    }

    [Fact]
    public async Task Frames_that_come_byte_by_byte_arrive_whole_and_in_order()
    {
        byte[][] frames = [[1], Pattern(300), [2, 3]];
        Read();
        foreach (byte one in Stream(frames)) await SendRawAsync([one]);
        await EndAsync();

        Assert.Equal(frames, _frames);
    }

    [Fact]
    public async Task A_message_in_fragments_is_read_like_one_in_a_piece()
    {
        byte[] stream = Stream([Pattern(1000), [7]]);
        Read();
        await _pair.Client.SendAsync(stream.AsMemory(0, 500), WebSocketMessageType.Binary, endOfMessage: false, Stop);
        await _pair.Client.SendAsync(Memory<byte>.Empty, WebSocketMessageType.Binary, endOfMessage: false, Stop);
        await _pair.Client.SendAsync(stream.AsMemory(500), WebSocketMessageType.Binary, endOfMessage: true, Stop);
        await SendRawAsync([]);
        await EndAsync();

        Assert.Equal([Pattern(1000), [7]], _frames);
    }

    [Fact]
    public async Task A_frame_of_the_greatest_length_is_taken_and_one_byte_more_closes_with_a_reason()
    {
        Read();
        await SendRawAsync(Stream([Pattern(FrameBytesMax)]));
        // The length alone is enough.
        await SendRawAsync(Prefix(FrameBytesMax + 1));

        await AssertClosedAsync($"a frame of {FrameBytesMax + 1} bytes, {FrameBytesMax} are allowed");
        Assert.Equal(Pattern(FrameBytesMax), Assert.Single(_frames));
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    public async Task A_length_that_no_frame_can_have_closes_with_a_reason(byte[] prefix)
    {
        Read();
        await SendRawAsync(prefix);
        await AssertClosedAsync("a frame of ");
        Assert.Empty(_frames);
    }

    [Fact]
    public async Task A_text_message_closes_with_a_reason()
    {
        Read();
        await _pair.Client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Stop);
        await AssertClosedAsync("text, where binary frames belong");
    }

    [Fact]
    public async Task A_frame_that_the_handler_refuses_closes_with_a_reason_and_the_frames_behind_it_are_not_taken()
    {
        _reading = _receiver.ReadAsync(frame =>
        {
            _frames.Add(frame.ToArray());
            return frame[0] != 2;
        });
        await SendRawAsync(Stream([[1], [2], [3]]));
        await AssertClosedAsync("a frame that cannot be read");
        Assert.Equal([[1], [2]], _frames);
    }

    [Fact]
    public async Task A_reason_of_the_handler_itself_is_the_one_that_is_told()
    {
        _reading = _receiver.ReadAsync(_ =>
        {
            _receiver.Fail("version 9");
            return false;
        });
        await SendRawAsync(Stream([[1]]));
        await AssertClosedAsync("version 9");
    }

    [Fact]
    public async Task Many_small_frames_are_sent_in_few_messages()
    {
        const int Count = 10_000;
        using var sender = new FramedSocket(_pair.Client, FrameBytesMax);
        for (int i = 0; i < Count; i++) sender.Append(BitConverter.GetBytes(i));
        sender.Flush();

        int messages = 0, bytes = 0;
        byte[] buffer = new byte[1 << 16];
        while (bytes < Count * 5)
        {
            ValueWebSocketReceiveResult got = await _pair.Server.ReceiveAsync(buffer.AsMemory(), Stop).AsTask().WaitAsync(_patience, Stop);
            bytes += got.Count;
            if (got.EndOfMessage) messages++;
        }

        Assert.Equal(Count * 5, bytes);
        Assert.Equal(1, messages);
    }

    [Fact]
    public async Task Frames_of_several_threads_arrive_each_whole_and_in_the_order_of_its_thread()
    {
        const int Threads = 4, Each = 2000;
        Read();
        using var sender = new FramedSocket(_pair.Client, FrameBytesMax);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(
            () =>
            {
                for (int i = 0; i < Each; i++)
                {
                    sender.Append([(byte)thread, .. BitConverter.GetBytes(i), .. Pattern(i % 50)]);
                    sender.Flush();
                }
            },
            Stop)));
        await sender.WaitForRoomAsync(0).WaitAsync(_patience, Stop);
        await EndAsync();

        Assert.Equal(Threads * Each, _frames.Count);
        int[] next = new int[Threads];
        foreach (byte[] frame in _frames)
        {
            int i = next[frame[0]]++;
            Assert.Equal(i, BitConverter.ToInt32(frame, 1));
            Assert.Equal(Pattern(i % 50), frame[5..]);
        }
    }

    [Fact]
    public async Task Complete_frames_at_hand_are_one_batch()
    {
        Read();
        await SendRawAsync(Stream([.. Enumerable.Repeat<byte[]>([1, 2], 100)]));
        await EndAsync();
        Assert.Equal(100, _frames.Count);
        Assert.Equal(1, _batches);
    }

    [Fact]
    public async Task Whoever_waits_for_room_waits_until_the_reader_has_caught_up()
    {
        using var sender = new FramedSocket(_pair.Client, FrameBytesMax);
        byte[] frame = Pattern(50_000);
        for (int i = 0; i < 20; i++) sender.Append(frame);
        Task room = sender.WaitForRoomAsync(100_000);
        // Nobody reads: what the pipe takes is far less than what waits.
        Assert.True(sender.QueuedBytes > 900_000);
        Assert.False(room.IsCompleted);

        Read();
        await room.WaitAsync(_patience, Stop);
        Assert.InRange(sender.QueuedBytes, 0, 100_000);
        await sender.WaitForRoomAsync(0).WaitAsync(_patience, Stop);
        Assert.Equal(0, sender.QueuedBytes);
        await EndAsync();
        Assert.Equal(20, _frames.Count);
    }

    [Fact]
    public async Task Whoever_waits_for_room_is_let_go_when_the_connection_ends()
    {
        using var sender = new FramedSocket(_pair.Client, FrameBytesMax);
        for (int i = 0; i < 20; i++) sender.Append(Pattern(50_000));
        Task room = sender.WaitForRoomAsync(100_000);
        Assert.False(room.IsCompleted);
        sender.Abort();
        await room.WaitAsync(_patience, Stop);
    }

    [Fact]
    public async Task Nothing_is_queued_on_a_connection_that_is_over()
    {
        using var sender = new FramedSocket(_pair.Client, FrameBytesMax);
        sender.Abort();
        sender.Append([1, 2, 3]);
        sender.Flush();
        Assert.Equal(0, sender.QueuedBytes);
        await sender.WaitForRoomAsync(0).WaitAsync(_patience, Stop);
    }

    [Fact]
    public async Task A_side_that_does_not_answer_the_end_is_not_waited_for_long()
    {
        Read();
        await SendRawAsync([0]);
        await _reading.WaitAsync(_patience, Stop);
        Assert.Equal(WebSocketState.Aborted, _pair.Server.State);
    }

    [Fact]
    public async Task Reading_ends_without_a_fault_when_the_other_side_closes_or_vanishes()
    {
        Read();
        await SendRawAsync([200]); // half a frame
        _pair.Client.Abort();
        await _reading.WaitAsync(_patience, Stop);
        Assert.Null(_receiver.Fault);
        Assert.Empty(_frames);
    }

    public void Dispose()
    {
        _receiver.Dispose();
        _pair.Dispose();
    }

    private void Read() => _reading = _receiver.ReadAsync(
        frame =>
        {
            _frames.Add(frame.ToArray());
            return true;
        },
        () => _batches++);

    private Task SendRawAsync(byte[] bytes) =>
        _pair.Client.SendAsync(bytes.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, Stop).AsTask().WaitAsync(_patience, Stop);

    private async Task EndAsync()
    {
        await _pair.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
        await _reading.WaitAsync(_patience, Stop);
    }

    private async Task AssertClosedAsync(string reason)
    {
        ValueWebSocketReceiveResult got = await _pair.Client.ReceiveAsync(new byte[100].AsMemory(), Stop).AsTask().WaitAsync(_patience, Stop);
        Assert.Equal(WebSocketMessageType.Close, got.MessageType);
        // As a server does: a client waits for the end of the stream.
        _ = _reading.ContinueWith(_ => _receiver.Dispose(), TaskScheduler.Default);
        // What is still on its way is not taken.
        int taken = _frames.Count;
        await SendRawAsync(Stream([[1], Pattern(FrameBytesMax), [3]]));
        await EndAsync();
        Assert.Equal(taken, _frames.Count);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, _pair.Client.CloseStatus);
        Assert.StartsWith(reason, _pair.Client.CloseStatusDescription);
        Assert.StartsWith(reason, _receiver.Fault);
    }

    private static byte[] Pattern(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];

    private static byte[] Prefix(int length)
    {
        var writer = new ByteWriter();
        writer.Number((ulong)length);
        return writer.ToArray();
    }

    private static byte[] Stream(IEnumerable<byte[]> frames)
    {
        var writer = new ByteWriter();
        foreach (byte[] frame in frames) writer.Bytes(frame);
        return writer.ToArray();
    }
}
