using System.Buffers;
using Banyan.Server.Torture.Load;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Server.Torture.Checking;

/// <summary>Where histories are kept: those that fail always, the others only if asked for.</summary>
internal sealed class HistoryFolder(string folder, bool keepsAll)
{
    public const string ListsSuffix = "lists.jsonl";
    public const string RegistersSuffix = "registers.jsonl";
    public const string SnapshotsSuffix = "snapshots.jsonl";

    /// <summary>In the names of histories during which a clock was too far off.</summary>
    public const string WildPart = "wild-";

    public string Folder => folder;

    /// <summary>Whether there is anything in it.</summary>
    public bool HasKept { get; private set; }

    public void Keep(Generation generation, GenerationCheck check)
    {
        if (check.IsGood && !keepsAll) return;
        HasKept = true;
        string prefix = $"generation-{generation.Number:d5}-{(generation.IsRealTime ? "" : WildPart)}";
        Write(prefix + ListsSuffix, check.Lists);
        Write(prefix + RegistersSuffix, check.Registers);
        Write(prefix + SnapshotsSuffix, check.Snapshots);
    }

    /// <summary>Keeps a text beside the histories.</summary>
    public void Keep(string name, string text)
    {
        HasKept = true;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name), text);
    }

    private void Write(string name, IReadOnlyList<ClientOperation> history)
    {
        Directory.CreateDirectory(folder);
        var lines = new ArrayBufferWriter<byte>();
        foreach (ClientOperation operation in history) HistoryLines.Write(lines, operation);
        using FileStream file = File.Create(Path.Combine(folder, name));
        file.Write(lines.WrittenSpan);
    }
}
