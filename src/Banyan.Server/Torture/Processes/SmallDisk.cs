using System.Diagnostics;

namespace Banyan.Server.Torture.Processes;

/// <summary>A disk of its own for one server, in memory: it can be filled up and made read-only without harm to anybody else.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int SizeMiB = 320;
    private const string FillerName = "filler";

    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Null and why, where mounting is not allowed.</summary>
    public static SmallDisk? TryMount(string folder, out string whyNot)
    {
        Directory.CreateDirectory(folder);
        whyNot = Run("mount", "-t", "tmpfs", "-o", $"size={SizeMiB}m,mode=0700", "banyan-torture", folder) ?? "";
        return whyNot.Length == 0 ? new(folder) : null;
    }

    /// <summary>
    /// Fills it to the last block. The zeroes behind the log's end give up their blocks first, as on a disk that is thinly
    /// provisioned, so that the next write already finds no room. The server must be paused.
    /// </summary>
    public void Fill(string dataFolder)
    {
        foreach (string file in Directory.EnumerateFiles(dataFolder)) Run("fallocate", "--dig-holes", file);
        using FileStream filler = File.Create(Path.Combine(Folder, FillerName), bufferSize: 1);
        byte[] block = new byte[1 << 20];
        for (int size = block.Length; size >= 4096;)
        {
            try
            {
                filler.Write(block, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Empty() => File.Delete(Path.Combine(Folder, FillerName));

    /// <summary>Makes it read-only, or writable again. Nobody may have a file of it open for writing.</summary>
    public void SetReadOnly(bool isReadOnly)
    {
        if (Run("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", Folder) is { } why) throw new IOException(why);
    }

    public void Dispose() => Run("umount", Folder);

    // What went wrong, in its words; null if nothing.
    private static string? Run(string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using Process process = Process.Start(start)!;
            string error = process.StandardError.ReadToEnd().Trim();
            process.WaitForExit();
            if (process.ExitCode == 0) return null;
            return error.Length > 0 ? error : $"{program} ended with {process.ExitCode}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"{program}: {e.Message}";
        }
    }
}
