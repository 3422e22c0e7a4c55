using System.Globalization;

namespace Banyan.Server.Torture.Processes;

/// <summary>
/// Wall clocks that can be set, one for each server: libfaketime, loaded before the C library, reads the offset from a file.
/// Monotonic clocks stay as they are, as they do when an operator or a broken time daemon sets a clock.
/// </summary>
internal sealed class FakeClocks
{
    private readonly string _library;
    private readonly string _folder;

    private FakeClocks(string library, string folder) => (_library, _folder) = (library, folder);

    /// <summary>Null and why, where there is no libfaketime.</summary>
    public static FakeClocks? TryMake(string folder, int servers, out string whyNot)
    {
        whyNot = "no libfaketimeMT.so.1 below /usr/lib: install faketime";
        string? library = Directory.Exists("/usr/lib")
            ? Directory.EnumerateDirectories("/usr/lib").Select(d => Path.Combine(d, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
            : null;
        if (library is null) return null;
        var clocks = new FakeClocks(library, folder);
        for (int id = 1; id <= servers; id++) clocks.Set(id, TimeSpan.Zero);
        return clocks;
    }

    public IReadOnlyDictionary<string, string> EnvironmentOf(int server) => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = _library,
        ["FAKETIME_TIMESTAMP_FILE"] = FileOf(server),
        ["FAKETIME_CACHE_DURATION"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
        // Sleeps and waits are not the wall clock's business.
        ["FAKETIME_FAKE_STAT"] = "0",
        ["NO_FAKE_STAT"] = "1",
    };

    /// <summary>Moves a server's clock, within a second or so.</summary>
    public void Set(int server, TimeSpan offset)
    {
        string file = FileOf(server);
        // Whole, or not yet: a server may read at any moment.
        File.WriteAllText(file + ".new", offset.TotalSeconds.ToString("+0.000;-0.000", CultureInfo.InvariantCulture) + "\n");
        File.Move(file + ".new", file, overwrite: true);
    }

    private string FileOf(int server) => Path.Combine(_folder, $"clock{server}");
}
