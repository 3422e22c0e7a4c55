using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Banyan.Bench.Games;

/// <summary>The same work in Godot itself: <c>multiplayer.poll()</c> of a server, in the engine (bench/godot/poll).</summary>
/// <param name="PollMs">At the median.</param>
/// <param name="PollP99Ms">At the 99th percentile.</param>
/// <param name="BytesPerPoll">To all peers.</param>
/// <param name="Engine">Its version, and whether it is a debug build.</param>
public sealed record GodotPoll(double PollMs, double PollP99Ms, long BytesPerPoll, string Engine)
{
    private const string Project = "bench/godot/poll";

    /// <summary>Runs the engine, headless.</summary>
    /// <exception cref="IOException">The project is not beside this program, or the engine does not print a result.</exception>
    public static GodotPoll Run(string godot, GamesBenchOptions options)
    {
        string project = FindProject() ?? throw new IOException($"{Project} is in none of the folders above {AppContext.BaseDirectory}");
        var start = new ProcessStartInfo(godot, ["--headless", "--path", project, "--", Text(options.Synchronizers), Text(options.Clients), Text(options.Ticks)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process engine = Start(start);
        Task<string> errors = engine.StandardError.ReadToEndAsync();
        string output = engine.StandardOutput.ReadToEnd();
        engine.WaitForExit();
        string? line = output.Split('\n').FirstOrDefault(l => l.StartsWith('{'));
        if (line is null) throw new IOException($"{godot} has printed no result: {output}{errors.Result}");
        using JsonDocument json = JsonDocument.Parse(line);
        JsonElement root = json.RootElement;
        string build = root.GetProperty("debug").GetBoolean() ? ", debug build" : "";
        return new(
            root.GetProperty("pollMs").GetDouble(), root.GetProperty("pollP99Ms").GetDouble(), root.GetProperty("bytesPerPoll").GetInt64(),
            root.GetProperty("engine").GetString() + build);
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new IOException($"--godot {start.FileName}: {e.Message}", e);
        }
    }

    private static string? FindProject()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, Project);
            if (Directory.Exists(path)) return path;
        }

        return null;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
