using System.Text.RegularExpressions;

namespace Banyan.Simulator.Tests;

/// <summary>The deliberate bugs in the code and their catalogue are the same: one that nobody hunts proves nothing.</summary>
public sealed partial class MutantCatalogueTests
{
    [Fact]
    public void Every_switch_in_the_code_is_in_the_catalogue_and_the_other_way_round()
    {
        string sources = SourcesFolder();
        string catalogue = File.ReadAllText(Path.Combine(sources, "Banyan.Mutants", "MutantCatalogue.cs"));
        var listed = new SortedSet<string>(Listed().Matches(catalogue).Select(m => m.Groups[1].Value), StringComparer.Ordinal);
        var switches = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories))
            switches.UnionWith(Switch().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value));
        Assert.Equal(switches, listed);
        Assert.True(listed.Count >= 25);
    }

    [GeneratedRegex("""Mutation\.Is\("([a-z-]+)"\)""")]
    private static partial Regex Switch();

    [GeneratedRegex("""new\("([a-z-]+)",""")]
    private static partial Regex Listed();

    private static string SourcesFolder()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string sources = Path.Combine(at.FullName, "src");
            if (Directory.Exists(Path.Combine(sources, "Banyan.Mutants"))) return sources;
        }

        throw new DirectoryNotFoundException("src, above " + AppContext.BaseDirectory);
    }
}
