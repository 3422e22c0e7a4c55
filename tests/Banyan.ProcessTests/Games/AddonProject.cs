using System.Text;
using System.Text.RegularExpressions;

namespace Banyan.ProcessTests.Games;

/// <summary>A copy of a game with the addon in it, as the editor would leave it.</summary>
internal sealed partial class AddonProject : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AddonProject() : this(Checkout.AddonGame)
    {
    }

    public AddonProject(string game)
    {
        foreach (string file in Directory.EnumerateFiles(game, "*", SearchOption.AllDirectories))
        {
            string name = System.IO.Path.GetRelativePath(game, file);
            if (name.StartsWith("addons", StringComparison.Ordinal) || name.StartsWith(".godot", StringComparison.Ordinal)) continue;
            string copy = System.IO.Path.Combine(Path, name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string addons = System.IO.Path.Combine(Path, "addons");
        Directory.CreateDirectory(addons);
        Directory.CreateSymbolicLink(System.IO.Path.Combine(addons, "banyan"), Checkout.Addon);
        WriteClasses();
    }

    public string Path => _folder.Path;

    public void Dispose()
    {
        // Else what the link points to would go as well.
        Directory.Delete(System.IO.Path.Combine(Path, "addons", "banyan"));
        _folder.Dispose();
    }

    // The editor writes it; without it, no class_name is known.
    private void WriteClasses()
    {
        var classes = new List<string>();
        foreach (string file in Directory.EnumerateFiles(Checkout.Addon, "*.gd").Order(StringComparer.Ordinal))
        {
            string text = File.ReadAllText(file);
            if (!ClassName().IsMatch(text)) continue;
            classes.Add($$"""
                {
                "base": &"{{Extends().Match(text).Groups[1].Value}}",
                "class": &"{{ClassName().Match(text).Groups[1].Value}}",
                "icon": "",
                "is_abstract": false,
                "is_tool": false,
                "language": &"GDScript",
                "path": "res://addons/banyan/{{System.IO.Path.GetFileName(file)}}"
                }
                """);
        }

        Directory.CreateDirectory(System.IO.Path.Combine(Path, ".godot"));
        File.WriteAllText(System.IO.Path.Combine(Path, ".godot", "global_script_class_cache.cfg"), $"list=[{string.Join(", ", classes)}]\n", new UTF8Encoding(false));
    }

    [GeneratedRegex("^class_name (\\w+)", RegexOptions.Multiline)]
    private static partial Regex ClassName();

    [GeneratedRegex("^extends (\\w+)", RegexOptions.Multiline)]
    private static partial Regex Extends();
}
