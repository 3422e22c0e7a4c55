namespace Banyan.Simulator.Workloads.Games;

/// <summary>Whom a message is for, and how it is sent.</summary>
internal enum MessageKind
{
    /// <summary>A call or bytes for one client.</summary>
    ToOne,

    /// <summary>Bytes to all, whom the cluster knows.</summary>
    BytesToAll,

    /// <summary>A call to all that the caller knows.</summary>
    CallToAll,
}

/// <summary>
/// Who has sent what to whom: between two clients every message must come once and in order, and to those who live to the
/// end all of them must come.
/// </summary>
/// <param name="hasDistances">Whether a client may miss what was said to all while it was out of sight.</param>
/// <param name="violate">Told what must not be.</param>
internal sealed class MessageLedger(bool hasDistances, Action<string> violate)
{
    private static readonly MessageKind[] _kinds = [MessageKind.ToOne, MessageKind.BytesToAll, MessageKind.CallToAll];
    private readonly SortedDictionary<(int From, int To), (Line[] Lines, int[] LastTotal)> _ways = [];
    private readonly SortedDictionary<(int From, MessageKind Kind), int> _sent = [];
    private readonly SortedDictionary<int, int> _total = [];

    // Due: sent while the sender knew the receiver.
    private sealed class Line
    {
        public int FirstDue { get; set; }

        public int LastDue { get; set; }

        public int Received { get; set; }
    }

    /// <summary>Messages that have come.</summary>
    public long ReceivedCount { get; private set; }

    /// <summary>A message is sent.</summary>
    /// <param name="kind">How.</param>
    /// <param name="from">Who sends it.</param>
    /// <param name="to">Of whom it is known that it is for them.</param>
    /// <returns>Its number among those of its kind, for the receiver if there is one, and among all of its sender.</returns>
    public (int Number, int Total) Send(MessageKind kind, GameClient from, params IReadOnlyCollection<GameClient> to)
    {
        int total = _total[from.Number] = _total.GetValueOrDefault(from.Number) + 1;
        int number = kind == MessageKind.ToOne
            ? LineOf(from, to.First(), kind).LastDue + 1
            : _sent[(from.Number, kind)] = _sent.GetValueOrDefault((from.Number, kind)) + 1;
        foreach (GameClient one in to)
        {
            Line line = LineOf(from, one, kind);
            line.LastDue = number;
            if (line.FirstDue == 0) line.FirstDue = number;
        }

        return (number, total);
    }

    /// <summary>A message has come.</summary>
    public void Receive(MessageKind kind, GameClient from, GameClient to, int number, int total)
    {
        ReceivedCount++;
        Line line = LineOf(from, to, kind);
        if (!IsNext(line, kind, number)) violate($"{to} has {kind} {number} of {from} after {line.Received}");
        line.Received = number;
        int[] last = _ways[(from.Number, to.Number)].LastTotal;
        if (total <= last[0]) violate($"{to} has what {from} sent as its message {total} after its message {last[0]}");
        last[0] = total;
    }

    /// <summary>What clients that are there still wait for.</summary>
    public IEnumerable<string> Missing(IReadOnlyCollection<GameClient> clients)
    {
        foreach (GameClient from in clients)
        {
            foreach (GameClient to in clients)
            {
                if (!_ways.ContainsKey((from.Number, to.Number))) continue;
                foreach (MessageKind kind in _kinds)
                {
                    Line line = LineOf(from, to, kind);
                    if (line.Received < line.LastDue && !MayMiss(kind)) yield return $"{to} lacks {kind} {line.Received + 1} to {line.LastDue} of {from}";
                }
            }
        }
    }

    private bool IsNext(Line line, MessageKind kind, int number)
    {
        if (MayMiss(kind)) return number > line.Received;
        // Whoever comes late hears no more of what was said to all before.
        if (kind != MessageKind.ToOne && line.Received == 0) return line.FirstDue == 0 || number <= line.FirstDue;
        return number == line.Received + 1;
    }

    // Who is near by now the cluster knows better than the sender.
    private bool MayMiss(MessageKind kind) => hasDistances && kind != MessageKind.ToOne;

    private Line LineOf(GameClient from, GameClient to, MessageKind kind)
    {
        if (!_ways.TryGetValue((from.Number, to.Number), out (Line[] Lines, int[] LastTotal) way))
            _ways.Add((from.Number, to.Number), way = ([.. _kinds.Select(_ => new Line())], [0]));
        return way.Lines[(int)kind];
    }
}
