using Banyan.Simulator.Checking.Histories;

namespace Banyan.Server.Torture.Load;

/// <summary>What the clients saw of one <see cref="Generation"/>, apart by what checks it.</summary>
internal sealed class GenerationHistory
{
    private readonly Lock _gate = new();
    private readonly List<ClientOperation> _lists = [];
    private readonly List<ClientOperation> _registers = [];
    private readonly List<ClientOperation> _snapshots = [];
    private readonly List<string> _surprises = [];

    public GenerationHistory(long setupInvoked, long setupReturned)
    {
        // What the registers held when they were founded.
        var steps = new List<MicroOperation>();
        for (int i = 0; i < Generation.Registers; i++) steps.Add(MicroOperation.Write(HistoryKey.Register(i), 0));
        for (int i = 0; i < Generation.Coins; i++) steps.Add(MicroOperation.Write(HistoryKey.Coin(i), i % Generation.Accounts));
        _registers.Add(new(0, setupInvoked, setupReturned, OperationOutcome.Ok, steps));
    }

    /// <summary>Appends, and reads of one list by its leaseholder's word. Elements that were read are still ids of nodes.</summary>
    public IReadOnlyList<ClientOperation> Lists => Copy(_lists);

    /// <summary>Reads and writes of registers: by name, by property, and the places of coins.</summary>
    public IReadOnlyList<ClientOperation> Registers => Copy(_registers);

    /// <summary>Reads of everything at one timestamp, which may lie a little in the past. Elements are still ids of nodes.</summary>
    public IReadOnlyList<ClientOperation> Snapshots => Copy(_snapshots);

    /// <summary>Answers that no history can hold, since they must never come.</summary>
    public IReadOnlyList<string> Surprises => Copy(_surprises);

    public void AddList(ClientOperation operation) => Add(_lists, operation);

    public void AddRegister(ClientOperation operation) => Add(_registers, operation);

    public void AddSnapshot(ClientOperation operation) => Add(_snapshots, operation);

    public void AddSurprise(string text)
    {
        lock (_gate)
        {
            if (_surprises.Count < 20) _surprises.Add(text);
        }
    }

    private void Add<T>(List<T> list, T item)
    {
        lock (_gate) list.Add(item);
    }

    private List<T> Copy<T>(List<T> list)
    {
        lock (_gate) return [.. list];
    }
}

/// <summary>What keys are called in histories.</summary>
internal static class HistoryKey
{
    public static string List(int i) => $"L{i}";

    public static string Register(int i) => $"R{i}";

    public static string Property(int i) => $"P{i}";

    public static string Coin(int i) => $"C{i}";

    public static string Pair(int i, bool isFirst) => isFirst ? $"Q{i}a" : $"Q{i}b";
}
