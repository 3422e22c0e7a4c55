namespace Banyan.Server.Cli;

/// <summary>This program, to be started again: servers of a cluster on this machine are processes of their own.</summary>
internal static class OwnProgram
{
    /// <summary>Its file. Whoever was started as <c>dotnet banyan.dll</c> is not its process's.</summary>
    public static string File
    {
        get
        {
            string beside = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "banyan.exe" : "banyan");
            return System.IO.File.Exists(beside) ? beside : Environment.ProcessPath!;
        }
    }
}
