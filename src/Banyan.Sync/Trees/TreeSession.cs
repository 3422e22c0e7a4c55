using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Sync.Trees;

/// <summary>
/// What one client follows, and its changes: they are made one after the other and answered in their order, each after
/// what it has changed was told. Nothing of it outlives the connection: a client that resumes follows anew, and sends again
/// what was not answered.
/// </summary>
public sealed class TreeSession
{
    /// <summary>How often it is tried to learn what became of a change.</summary>
    public const uint AttemptsMax = 16;

    private readonly TreeHub _hub;
    private readonly ITreeEdge _edge;
    private readonly SortedDictionary<long, FollowedTree> _followed = [];
    private readonly SortedSet<ulong> _requests = []; // those that have come on this connection
    private readonly Queue<Change> _waiting = [];
    private readonly Queue<Change> _answers = []; // all that are not answered
    private readonly ByteWriter _writer = new(256);
    private Change? _again;
    private long _waitingBytes;
    private ulong _acknowledged; // the client has long had the answers through here
    private bool _isRunning;
    private bool _isStarting;
    private bool _isClosed;

    internal TreeSession(TreeHub hub, ITreeEdge edge)
    {
        _hub = hub;
        _edge = edge;
    }

    private sealed class Change(long id, ulong request, NodeId root, byte[] message)
    {
        public long Id => id;

        public ulong Request => request;

        public NodeId Root => root;

        public byte[] Message => message;

        public uint Attempt { get; set; }

        // Null until it is known what became of it.
        public string? Error { get; set; }

        public Timestamp At { get; set; }
    }

    /// <summary>Changes that are not answered.</summary>
    public int AnswersCount => _answers.Count;

    /// <summary>Takes a message; false if it is none, and then the session is to end.</summary>
    public bool TryTake(ReadOnlySpan<byte> message)
    {
        if (_isClosed) return true;
        if (!TreeRequest.TryRead(message, _hub.Peers.Values, out TreeRequest? request)) return false;
        switch (request)
        {
            case TreeRequest.Follow follow:
                Follow(follow);
                break;
            case TreeRequest.Unfollow:
                Unfollow(request.Id);
                break;
            case TreeRequest.Change change:
                Take(change, message);
                break;
        }

        return true;
    }

    /// <summary>The connection is over.</summary>
    public void Close()
    {
        if (_isClosed) return;
        _isClosed = true;
        foreach (long id in _followed.Keys.ToList()) Unfollow(id);
        _waiting.Clear();
        _answers.Clear();
        _again = null;
        _hub.Forget(this);
    }

    internal void SendTree(long id, byte[] nodes)
    {
        _writer.Clear();
        TreeMessage.WriteTree(_writer, id, nodes);
        _edge.Send(_writer.Written);
    }

    internal void SendChanges(long id, byte[] operations)
    {
        _writer.Clear();
        TreeMessage.WriteChanges(_writer, id, operations);
        _edge.Send(_writer.Written);
    }

    /// <summary>There is nothing to follow any more.</summary>
    internal void Lose(long id, string why)
    {
        _followed.Remove(id);
        SendLost(id, why);
    }

    /// <summary>Answers what can be answered.</summary>
    internal void Answer()
    {
        while (_answers.TryPeek(out Change? next) && next.Error is not null && (next.At <= _hub.Resolved || Mutation.Is("answer-before-the-change-is-told")))
        {
            _answers.Dequeue();
            SendDone(next.Id, next.Request, next.Error);
        }
    }

    internal void Tick()
    {
        if (_again is not { } again) return;
        _again = null;
        Run(again);
    }

    private void Follow(TreeRequest.Follow follow)
    {
        Unfollow(follow.Id);
        if (_followed.Count >= _hub.Limits.FollowedMax) SendLost(follow.Id, $"more than {_hub.Limits.FollowedMax} trees are followed already");
        else if (_hub.TryFollow(this, follow.Id, follow.Path, out FollowedTree? tree, out string why)) _followed.Add(follow.Id, tree);
        else SendLost(follow.Id, why);
    }

    private void Unfollow(long id)
    {
        if (_followed.Remove(id, out FollowedTree? tree)) _hub.Unfollow(this, id, tree);
    }

    private void Take(TreeRequest.Change change, ReadOnlySpan<byte> message)
    {
        // Its answer is on its way, or was sent on this very connection.
        if (_requests.Contains(change.Request)) return;
        if (change.Request <= _acknowledged) SendDone(change.Id, change.Request, $"more than {_hub.Limits.RequestsKept} later requests came before it");
        else if (_answers.Count >= _hub.Limits.AnswersMax) SendDone(change.Id, change.Request, $"more than {_hub.Limits.AnswersMax} changes wait");
        else if (_waitingBytes + message.Length > _hub.Limits.WaitingBytesMax) SendDone(change.Id, change.Request, $"more than {_hub.Limits.WaitingBytesMax} bytes of changes wait");
        else Enqueue(new(change.Id, change.Request, _followed.TryGetValue(change.Id, out FollowedTree? tree) ? tree.Root : NodeId.None, message.ToArray()));
    }

    private void Enqueue(Change change)
    {
        _requests.Add(change.Request);
        if (_requests.Count > _hub.Limits.RequestsKept)
        {
            _acknowledged = _requests.Min;
            _requests.Remove(_acknowledged);
        }

        _answers.Enqueue(change);
        _waiting.Enqueue(change);
        _waitingBytes += change.Message.Length;
        RunNext();
    }

    private void RunNext()
    {
        // Not from the end of the one before: that could go on for long.
        if (_isStarting) return;
        _isStarting = true;
        while (!_isRunning && _waiting.TryDequeue(out Change? next))
        {
            _waitingBytes -= next.Message.Length;
            _isRunning = true;
            Run(next);
        }

        _isStarting = false;
        Answer();
    }

    private void Run(Change change)
    {
        if (!TryRead(change, out IReadOnlyList<SceneOperation> operations, out string why))
        {
            Finish(change, why, Timestamp.Zero);
            return;
        }

        _edge.Run(new TreeTransaction(operations), change.Request, Math.Min(_acknowledged, change.Request - 1), change.Attempt, outcome => OnOutcome(change, outcome));
    }

    private bool TryRead(Change change, out IReadOnlyList<SceneOperation> operations, out string why)
    {
        operations = [];
        why = "this peer may only watch";
        if (!_edge.MayChange) return false;
        why = "it is not followed";
        if (change.Root.IsNone || _hub.World.PathOf(change.Root) is not { } path) return false;
        path = path == "." ? ScenePath.Root : ScenePath.Join(ScenePath.Root, path);
        Invariant.Holds(TreeRequest.TryRead(change.Message, _hub.Peers.Values, out TreeRequest? request), "it was read before");
        var made = new TreeOperations(path, _hub.Rules, _hub.World.Files, _hub.Limits);
        bool isMade = made.TryMake(((TreeRequest.Change)request).Operations, out operations);
        why = made.Error;
        return isMade;
    }

    private void OnOutcome(Change change, TransactionOutcome outcome)
    {
        if (_isClosed) return;
        switch (outcome)
        {
            case TransactionOutcome.Committed committed:
                Finish(change, "", committed.Timestamp);
                break;
            case TransactionOutcome.Ambiguous when ++change.Attempt < AttemptsMax:
                // Not from within: the servers may have nothing to say yet.
                _again = change;
                return;
            case TransactionOutcome.Ambiguous ambiguous:
                Finish(change, "it may have been made or not: " + ambiguous.Why, Timestamp.Zero);
                break;
            case TransactionOutcome.GivenUp givenUp:
                Finish(change, givenUp.Why, Timestamp.Zero);
                break;
            case TransactionOutcome.Unavailable unavailable:
                Finish(change, unavailable.Why, Timestamp.Zero);
                break;
            default:
                Finish(change, outcome.ToString(), Timestamp.Zero);
                break;
        }
    }

    private void Finish(Change change, string error, Timestamp at)
    {
        (change.Error, change.At) = (error, at);
        _isRunning = false;
        RunNext();
    }

    private void SendLost(long id, string why)
    {
        if (_isClosed) return;
        _writer.Clear();
        TreeMessage.WriteLost(_writer, id, why);
        _edge.Send(_writer.Written);
    }

    private void SendDone(long id, ulong request, string error)
    {
        _writer.Clear();
        TreeMessage.WriteDone(_writer, id, (long)request, error);
        _edge.Send(_writer.Written);
    }
}
