using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Banyan.ModelChecker;

/// <summary>Holds lines against a model by specs/check-trace; skips the test where there is no TLC.</summary>
internal static class TraceCheck
{
    /// <summary>What check-trace says of lines: its exit code, and its own lines.</summary>
    public static (int Code, string[] Said) Run(string topic, IEnumerable<JsonObject> lines)
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllLines(file, lines.Select(l => l.ToJsonString()));
            return Run(topic, [file]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The same, of one or more files.</summary>
    public static (int Code, string[] Said) Run(string topic, IEnumerable<string> files)
    {
        if (Environment.GetEnvironmentVariable("TLA2TOOLS") is not { Length: > 0 } tools || !File.Exists(tools))
            Assert.Skip("TLA2TOOLS does not name tla2tools.jar");
        if (OperatingSystem.IsWindows()) Assert.Skip("check-trace is a shell script");
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Script());
        start.ArgumentList.Add(topic);
        foreach (string file in files) start.ArgumentList.Add(file);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or 1, said + errors.Result);
        return (process.ExitCode, said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static string Script()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string script = Path.Combine(folder, "specs", "check-trace");
            if (File.Exists(script)) return script;
        }

        Assert.Skip("the tests do not run inside a checkout");
        return "";
    }
}
