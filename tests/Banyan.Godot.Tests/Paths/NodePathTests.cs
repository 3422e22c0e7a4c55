using Banyan.Godot.Paths;

namespace Banyan.Godot.Tests.Paths;

public class NodePathTests
{
    [Theory]
    [InlineData("", "", 0, 0, false)]
    [InlineData(".", ".", 1, 0, false)]
    [InlineData("A/B", "A/B", 2, 0, false)]
    [InlineData("/root/A", "/root/A", 2, 0, true)]
    [InlineData("a//b/", "a/b", 2, 0, false)]
    [InlineData("../A:position:x", "../A:position:x", 2, 2, false)]
    [InlineData(":position", ":position", 0, 1, false)]
    [InlineData("A:", "A", 1, 0, false)]
    [InlineData("A::x", "", 0, 0, false)]
    public void A_text_is_cut_into_names_and_subnames(string text, string written, int names, int subnames, bool absolute)
    {
        NodePath path = NodePath.Parse(text);
        Assert.Equal((written, names, subnames, absolute), (path.ToString(), path.Names.Length, path.Subnames.Length, path.IsAbsolute));
        Assert.Equal(path, NodePath.Parse(written));
    }
}
