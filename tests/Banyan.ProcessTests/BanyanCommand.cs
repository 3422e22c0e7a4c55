using System.Diagnostics;
using System.Text.Json;

namespace Banyan.ProcessTests;

/// <summary>What one run of the executable left behind.</summary>
internal sealed record BanyanCommand(int ExitCode, string Output, string Error)
{
    /// <summary>Reached only when a test fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The executable beside this test.</summary>
    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "banyan.exe" : "banyan");

    /// <summary>Standard output as one JSON value.</summary>
    public JsonElement Json
    {
        get
        {
            Assert.True(ExitCode == 0, ToString());
            return JsonDocument.Parse(Output).RootElement;
        }
    }

    /// <summary>Runs a command that needs no cluster.</summary>
    public static Task<BanyanCommand> RunAsync(params IEnumerable<string> arguments) => RunAsync(null, arguments);

    /// <summary>Runs a command against a gateway.</summary>
    public static Task<BanyanCommand> RunAsync(Uri? gateway, params IEnumerable<string> arguments) => RunWithTokenAsync(null, gateway, arguments);

    /// <summary>Runs a command against a gateway that wants a token.</summary>
    public static async Task<BanyanCommand> RunWithTokenAsync(string? token, Uri? gateway, params IEnumerable<string> arguments)
    {
        using Process process = Start(Executable, gateway, arguments, token);
        process.StandardInput.Close();
        return await EndAsync(process);
    }

    /// <summary>Starts a command; whoever does so ends it.</summary>
    public static Process Start(Uri? gateway, IEnumerable<string> arguments) => Start(Executable, gateway, arguments);

    /// <summary>Starts a command that hears Ctrl-C, as in a terminal: whoever runs in the background of a script hands down that it is ignored.</summary>
    public static Process StartInForeground(Uri? gateway, IEnumerable<string> arguments) =>
        OperatingSystem.IsLinux() ? Start("/usr/bin/env", gateway, ["--default-signal=INT", Executable, .. arguments]) : Start(gateway, arguments);

    private static Process Start(string program, Uri? gateway, IEnumerable<string> arguments, string? token = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment.Remove("BANYAN_GATEWAY");
        start.Environment.Remove("BANYAN_TOKEN");
        if (token is not null) start.Environment["BANYAN_TOKEN"] = token;
        if (gateway is not null) start.Environment["BANYAN_GATEWAY"] = gateway.ToString();
        return Process.Start(start)!;
    }

    /// <summary>Waits for the end of a command.</summary>
    public static async Task<BanyanCommand> EndAsync(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        }
        catch
        {
            process.Kill();
            throw;
        }

        return new(process.ExitCode, await output, await error);
    }

    /// <summary>Asserts that it failed as it should: a code, a message of one or a few lines, no stack trace, nothing on standard output.</summary>
    public void AssertFailed(int exitCode, string message)
    {
        Assert.True(ExitCode == exitCode, $"expected exit code {exitCode}: {this}");
        Assert.Contains(message, Error);
        Assert.DoesNotContain("   at ", Error);
        Assert.Equal("", Output);
    }

    /// <summary>Asserts that it has done what it should.</summary>
    public BanyanCommand AssertDone()
    {
        Assert.True(ExitCode == 0, ToString());
        Assert.Equal("", Error);
        return this;
    }

    public override string ToString() => $"exit code {ExitCode}\n--- output\n{Output}\n--- error\n{Error}";
}
