namespace Banyan.Server.Hosting;

/// <summary>A file that somebody has named on the command line.</summary>
internal static class SmallFile
{
    /// <summary>Reads its text; false with what is wrong, beginning with its name.</summary>
    public static bool TryRead(string path, int bytesMax, out string text, out string error)
    {
        text = "";
        error = "";
        try
        {
            if (!File.Exists(path)) error = $"{path}: no such file";
            else if (new FileInfo(path).Length > bytesMax) error = $"{path}: more than {bytesMax} bytes";
            else text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = $"{path}: {e.Message}";
        }

        return error.Length == 0;
    }
}
