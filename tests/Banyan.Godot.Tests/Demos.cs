namespace Banyan.Godot.Tests;

/// <summary>The scenes of Godot's demo projects, where they lie beside the checkout.</summary>
internal static class Demos
{
    private const string Folder = "shared/data/godot-demos";

    /// <summary>Full paths, sorted; the test is skipped where there are none.</summary>
    public static string[] Scenes()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string folder = Path.Combine(at.FullName, Folder);
            if (!Directory.Exists(folder)) continue;
            string[] scenes = Directory.GetFiles(folder, "*.tscn", SearchOption.AllDirectories);
            Array.Sort(scenes, StringComparer.Ordinal);
            return scenes;
        }

        Assert.Skip($"no {Folder} beside the checkout");
        return [];
    }
}
