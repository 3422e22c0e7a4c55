namespace Banyan.ProcessTests.Games;

/// <summary>Scenes of tests/godot/addon that check the addon by themselves, in the real engine, where GODOT names one.</summary>
public sealed class AddonSceneTests
{
    [Theory]
    [InlineData("interpolation", 50)]
    [InlineData("tree", 160, "--fixed-fps", "60")] // without the clock, as fast as it can
    public async Task All_checks_of_the_scene_hold(string scene, int checksMin, params string[] arguments)
    {
        Engine.SkipWithout();
        using var project = new AddonProject();
        using var game = new Engine(project.Path, [$"res://{scene}.tscn", .. arguments]);
        await game.UntilAsync(e => e.Has("DONE") || e.HasExited, scene);
        Assert.Empty(game.After("FAIL"));
        Assert.Empty(game.Errors);
        Assert.True(game.Has("DONE") && game.After("PASS").Length >= checksMin, $"{game}");
    }
}
