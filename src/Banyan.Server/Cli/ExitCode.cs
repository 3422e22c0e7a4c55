namespace Banyan.Server.Cli;

/// <summary>What every command of <c>banyan</c> ends with.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Refused, or not found, or a check failed; the message says why. Nothing has changed.</summary>
    public const int Failed = 1;

    /// <summary>The command line or an input file makes no sense.</summary>
    public const int BadInput = 2;

    /// <summary>No server, or no majority of them, in time. Nothing has changed.</summary>
    public const int Unavailable = 3;

    /// <summary>Nobody could tell whether the change has happened.</summary>
    public const int Ambiguous = 4;
}

/// <summary>Ends a command with a message on standard error.</summary>
internal sealed class CommandFailed(int code, string message) : Exception(message)
{
    public int Code { get; } = code;

    /// <summary>Ctrl-C, or SIGTERM, before the command was done.</summary>
    public static CommandFailed Interrupted() => new(ExitCode.Failed, "interrupted");
}
