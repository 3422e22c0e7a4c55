using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Sync.Trees;

namespace Banyan.Sync.Frames;

/// <summary>
/// A client's end of a session that outlives connections and gateways: numbers what is reliable and keeps it until it is
/// done, drops what has come already, remembers what gateways want it to remember. Pure: frames and packets go in and out.
/// </summary>
/// <remarks>What the addon's BanyanMultiplayerPeer is in GDScript; see docs/godot-sessions.md.</remarks>
/// <param name="canMove">Whether whoever has it does what <see cref="TryTakeMove"/> says.</param>
public sealed class ClientSession(bool canMove = false)
{
    /// <summary>Reliable packets that may wait to be done.</summary>
    public const int KeptMax = 10_000;

    private readonly LinkedList<(uint Number, byte[] Packet)> _kept = [];
    private readonly SortedDictionary<string, (byte[] Key, byte[] Value)> _memory = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, uint> _heard = [];
    private readonly SortedSet<int> _heardNews = [];
    private readonly Queue<byte[]> _out = [];
    private readonly Queue<(byte[]? Packet, NodeMove? Move)> _in = [];
    private readonly ByteWriter _writer = new(1024);
    private readonly SortedDictionary<long, TreeFollower> _followers = [];
    private readonly SortedDictionary<long, Variant> _changes = []; // those that are not answered
    private uint _last;
    private long _lastFollower;
    private long _lastChange;
    private ImmutableArray<byte> _secret = [];

    /// <summary>The peer id; 0 before the first WELCOME.</summary>
    public int Peer { get; private set; }

    /// <summary>Whether the gateway has said WELCOME on this connection.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Why the session is over; null while it is not.</summary>
    public string? Ended { get; private set; }

    /// <summary>Why the last gateway was left; null if it did not say.</summary>
    public string? Reason { get; private set; }

    /// <summary>What the gateway said first.</summary>
    public WelcomeFrame? Welcome { get; private set; }

    /// <summary>Reliable packets that are not done.</summary>
    public int KeptCount => _kept.Count;

    /// <summary>A connection is open: says who it is.</summary>
    public void Connect()
    {
        IsOpen = false;
        Reason = null;
        _out.Clear();
        Queue(new HelloFrame(IsDouble: false, canMove, Peer == 0 ? null : new(Peer, _secret, [.. Memory()], [.. Heard()], _last)).WriteTo);
    }

    /// <summary>The connection is gone.</summary>
    public void Disconnect()
    {
        IsOpen = false;
        _out.Clear();
    }

    /// <summary>Sends a packet; false if too many wait already.</summary>
    public bool Send(ReadOnlySpan<byte> packet, bool reliable)
    {
        byte[] copy = packet.ToArray();
        if (!reliable)
        {
            if (IsOpen) Queue(writer => SessionFrame.WritePacket(writer, copy));
            return true;
        }

        if (_kept.Count >= KeptMax) return false;
        uint number = ++_last;
        _kept.AddLast((number, copy));
        if (IsOpen) Queue(writer => SessionFrame.WriteNumbered(writer, number, copy));
        return true;
    }

    /// <summary>Changes of followed trees that are not answered.</summary>
    public int ChangesCount => _changes.Count;

    /// <summary>Follows a subtree, through all gateways to come.</summary>
    /// <param name="path">From /root.</param>
    public TreeFollower Follow(string path)
    {
        var follower = new TreeFollower(++_lastFollower, path);
        _followers.Add(follower.Id, follower);
        if (IsOpen) Queue(FollowMessage(follower));
        return follower;
    }

    /// <summary>Follows it no more.</summary>
    public void Unfollow(TreeFollower follower)
    {
        if (_followers.Remove(follower.Id) && IsOpen) Queue(new VariantArray(["unfollow", follower.Id]));
    }

    /// <summary>Changes a followed tree in one transaction, exactly once, whatever becomes of gateways.</summary>
    /// <param name="follower">Whose tree.</param>
    /// <param name="operations">As docs/godot-sessions.md has them.</param>
    /// <returns>The request's number, for <see cref="TreeFollower.TryTakeDone"/>; 0 if too many wait already.</returns>
    public long Change(TreeFollower follower, params ImmutableArray<Variant> operations)
    {
        if (_changes.Count >= TreeLimits.Default.AnswersMax) return 0;
        Variant message = new VariantArray(["change", follower.Id, ++_lastChange, new VariantArray(operations)]);
        _changes.Add(_lastChange, message);
        if (IsOpen) Queue(message);
        return _lastChange;
    }

    /// <summary>Ends the session for good.</summary>
    public void Leave() => Queue(writer => writer.Byte((byte)ClientFrameKind.Bye));

    /// <summary>Says what has come since the last time.</summary>
    public void Tick()
    {
        if (!IsOpen || _heardNews.Count == 0) return;
        KeyValuePair<int, uint>[] news = [.. _heardNews.Select(source => new KeyValuePair<int, uint>(source, _heard[source]))];
        _heardNews.Clear();
        Queue(writer => SessionFrame.WriteHeard(writer, news));
    }

    /// <summary>The next frame for the gateway.</summary>
    public bool TryTakeFrame([NotNullWhen(true)] out byte[]? frame) => _out.TryDequeue(out frame);

    /// <summary>The next packet for SceneMultiplayer; false if there is none, or if something else is to be done before: see <see cref="TryTakeMove"/>.</summary>
    public bool TryTakePacket([NotNullWhen(true)] out byte[]? packet)
    {
        packet = _in.TryPeek(out (byte[]? Packet, NodeMove? Move) next) ? next.Packet : null;
        if (packet is not null) _in.Dequeue();
        return packet is not null;
    }

    /// <summary>What is to be done with a node before the next packet is looked at.</summary>
    public bool TryTakeMove([NotNullWhen(true)] out NodeMove? move)
    {
        move = _in.TryPeek(out (byte[]? Packet, NodeMove? Move) next) ? next.Move : null;
        if (move is not null) _in.Dequeue();
        return move is not null;
    }

    /// <summary>Takes a frame of the gateway; false if no gateway would send it.</summary>
    public bool OnFrame(ReadOnlySpan<byte> frame)
    {
        var reader = new ByteReader(frame);
        switch ((GatewayFrameKind)reader.Byte())
        {
            case GatewayFrameKind.Welcome:
                return OnWelcome(frame);
            case GatewayFrameKind.Packet:
                _in.Enqueue((reader.Raw(reader.Remaining).ToArray(), null));
                return true;
            case GatewayFrameKind.Numbered:
                (int source, uint number) = ((int)reader.UInt32(), reader.UInt32());
                if (reader.Failed || number == 0) return false;
                _heardNews.Add(source);
                if (number <= _heard.GetValueOrDefault(source)) return true;
                _heard[source] = number;
                _in.Enqueue((reader.Raw(reader.Remaining).ToArray(), null));
                return true;
            case GatewayFrameKind.Done:
                uint through = reader.UInt32();
                while (_kept.First is { } first && first.Value.Number <= through) _kept.RemoveFirst();
                return reader.IsAtEnd;
            case GatewayFrameKind.Pong:
                return frame.Length == 9;
            case GatewayFrameKind.Remember:
                if (!TryRemember(ref reader)) return false;
                if (reader.Remaining > 0) _in.Enqueue((reader.Raw(reader.Remaining).ToArray(), null));
                return true;
            case GatewayFrameKind.Move:
                if (!canMove || !TryRemember(ref reader) || !NodeMove.TryRead(ref reader, out NodeMove? move)) return false;
                _in.Enqueue((null, move));
                return true;
            case GatewayFrameKind.Tree:
                return OnTree(ref reader);
            case GatewayFrameKind.Goodbye:
                bool isFinal = reader.Bool();
                Reason = Encoding.UTF8.GetString(reader.Raw(reader.Remaining));
                if (isFinal) Ended = Reason;
                return !reader.Failed;
            default:
                return false;
        }
    }

    private bool OnWelcome(ReadOnlySpan<byte> frame)
    {
        if (IsOpen || !WelcomeFrame.TryRead(frame, out WelcomeFrame? welcome)) return false;
        if (Peer != 0 && (welcome.Peer != Peer || !welcome.HasResumed)) return false;
        (Welcome, Peer, _secret, IsOpen) = (welcome, welcome.Peer, welcome.Secret, true);
        foreach ((uint number, byte[] packet) in _kept) Queue(writer => SessionFrame.WriteNumbered(writer, number, packet));
        // A gateway knows nothing of what was followed, and what it has not answered may not be done.
        foreach (TreeFollower follower in _followers.Values) Queue(FollowMessage(follower));
        foreach (Variant change in _changes.Values) Queue(change);
        return true;
    }

    private static VariantArray FollowMessage(TreeFollower follower) => new(["follow", follower.Id, follower.Path]);

    private bool OnTree(ref ByteReader reader)
    {
        if (!VariantBinary.TryDecode(ref reader, VariantLimits.Peer, out Variant value) || !reader.IsAtEnd || value.Type != VariantType.Array) return false;
        ImmutableArray<Variant> message = value.AsArray().Items;
        if (message.Length < 3 || !message[0].TryGetText(out string what) || message[1].Type != VariantType.Int) return false;
        if (what == "done" && message[2].Type == VariantType.Int) _changes.Remove(message[2].AsInt());
        // What is not followed any more may still have been on its way.
        return !_followers.TryGetValue(message[1].AsInt(), out TreeFollower? follower) || follower.TryTake(message);
    }

    private bool TryRemember(ref ByteReader reader)
    {
        for (int count = reader.UInt16(); count > 0; count--)
        {
            byte[] key = reader.Raw(reader.Byte()).ToArray();
            byte[] value = reader.Raw(reader.UInt16()).ToArray();
            if (reader.Failed) return false;
            if (value.Length == 0) _memory.Remove(Convert.ToHexString(key));
            else _memory[Convert.ToHexString(key)] = (key, value);
        }

        return !reader.Failed;
    }

    private byte[] Memory()
    {
        var writer = new ByteWriter();
        foreach ((byte[] key, byte[] value) in _memory.Values)
        {
            writer.Byte((byte)key.Length);
            writer.Raw(key);
            writer.UInt16((ushort)value.Length);
            writer.Raw(value);
        }

        return writer.ToArray();
    }

    private byte[] Heard()
    {
        var writer = new ByteWriter();
        SessionFrame.WriteHeard(writer, _heard);
        return writer.Written[1..].ToArray();
    }

    private void Queue(Variant message) => Queue(writer =>
    {
        writer.Byte((byte)ClientFrameKind.Tree);
        VariantBinary.Encode(writer, message);
    });

    private void Queue(Action<ByteWriter> write)
    {
        _writer.Clear();
        write(_writer);
        _out.Enqueue(_writer.ToArray());
    }
}
