using Banyan.Scene.Operations;

namespace Banyan.Scene.Tests;

public class ScenePathTests
{
    [Fact]
    public void A_path_is_split_below_the_root()
    {
        Assert.True(ScenePath.TrySplit("/root/Town/Lamp", out string[] names, out _));
        Assert.Equal(["Town", "Lamp"], names);
    }

    [Theory]
    [InlineData("Town")]
    [InlineData("/Town")]
    [InlineData("/root//Lamp")]
    [InlineData("/root/")]
    [InlineData("")]
    public void What_is_no_path_is_refused_with_its_reason(string path)
    {
        Assert.False(ScenePath.TrySplit(path, out _, out string? why));
        Assert.NotEmpty(why);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a.b")]
    [InlineData("a:b")]
    [InlineData("%a")]
    [InlineData("a\"")]
    [InlineData("@a/b")]
    [InlineData("@a@b:c")]
    [InlineData("")]
    public void Names_that_Godot_would_change_are_refused(string name) => Assert.False(ScenePath.IsValidName(name, out _));

    [Theory]
    [InlineData("@Node@2")]
    [InlineData("Lamp 3")]
    [InlineData("größe")]
    public void Names_that_Godot_keeps_are_taken(string name) => Assert.True(ScenePath.IsValidName(name, out _));
}
