using Banyan.Simulator.Checking.Histories;

namespace Banyan.Server.Torture.Checking;

/// <summary>Checks the files of a <see cref="HistoryFolder"/> as a run does.</summary>
internal static class KeptHistories
{
    /// <summary>How many sets of keys there are, and what is wrong with them.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="onBad">Called with the reason, if a file is none of histories or a part is missing.</param>
    public static (int Sets, IReadOnlyList<string> Violations) Check(string folder, Action<string> onBad)
    {
        int sets = 0;
        var violations = new List<string>();
        foreach (string listsFile in Directory.EnumerateFiles(folder, "*-" + HistoryFolder.ListsSuffix).Order(StringComparer.Ordinal))
        {
            string prefix = listsFile[..^HistoryFolder.ListsSuffix.Length];
            bool isRealTime = !prefix.EndsWith(HistoryFolder.WildPart, StringComparison.Ordinal);
            List<string> found = HistoryVerdict.Of(
                Read(listsFile, onBad), Read(prefix + HistoryFolder.RegistersSuffix, onBad), Read(prefix + HistoryFolder.SnapshotsSuffix, onBad), isRealTime, out _);
            violations.AddRange(found.Select(f => $"{Path.GetFileName(prefix).TrimEnd('-')}: {f}"));
            sets++;
        }

        return (sets, violations);
    }

    private static IReadOnlyList<ClientOperation> Read(string file, Action<string> onBad)
    {
        if (!File.Exists(file))
        {
            onBad($"{file} is missing");
            return [];
        }

        if (!HistoryLines.TryReadAll(File.ReadAllBytes(file), out IReadOnlyList<ClientOperation> history, out int badLine)) onBad($"{file}: line {badLine} is no operation");
        return history;
    }
}
