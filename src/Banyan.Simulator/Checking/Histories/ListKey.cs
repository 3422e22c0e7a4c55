namespace Banyan.Simulator.Checking.Histories;

/// <summary>What a history tells of one key that holds a list: who appended what, who saw what, and so in which order.</summary>
internal sealed class ListKey(string name)
{
    private readonly Dictionary<long, Append> _appends = [];

    /// <summary>An append: by which operation, and whether that one appended more to this key afterwards.</summary>
    public readonly record struct Append(int Operation, bool IsLast);

    /// <summary>What an operation found, without what it had appended itself.</summary>
    public readonly record struct Seen(int Operation, IReadOnlyList<long> List, int Length);

    public string Name => name;

    /// <summary>Elements in the order in which they were asked for.</summary>
    public List<long> Elements { get; } = [];

    /// <summary>Reads whose results are known.</summary>
    public List<Seen> Reads { get; } = [];

    /// <summary>The order of the appends: the longest list that anybody saw.</summary>
    public IReadOnlyList<long> Order { get; private set; } = [];

    /// <summary>Who saw it.</summary>
    public int OrderSeenBy { get; private set; } = -1;

    /// <summary>False if an element was appended already: then nothing can be told from it.</summary>
    public bool TryAdd(long element, int operation, bool isLast)
    {
        if (!_appends.TryAdd(element, new(operation, isLast))) return false;
        Elements.Add(element);
        return true;
    }

    /// <summary>Who appended an element; false if nobody.</summary>
    public bool TryGet(long element, out Append append) => _appends.TryGetValue(element, out append);

    public void AddRead(Seen read)
    {
        Reads.Add(read);
        if (OrderSeenBy >= 0 && read.Length <= Order.Count) return;
        Order = read.Length == read.List.Count ? read.List : [.. read.List.Take(read.Length)];
        OrderSeenBy = read.Operation;
    }

    /// <summary>Whether what was read is how the order begins.</summary>
    public bool IsPrefix(Seen read)
    {
        for (int i = 0; i < read.Length; i++)
        {
            if (read.List[i] != Order[i]) return false;
        }

        return true;
    }
}
