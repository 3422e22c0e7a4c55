namespace Banyan.ProcessTests;

/// <summary>Files of the checkout that this test was built from, and beside it.</summary>
internal static class Checkout
{
    /// <summary>The example that the tests load.</summary>
    public static string Town => Find(Path.Combine("examples", "town", "town.tscn")) ?? throw new FileNotFoundException("examples/town/town.tscn");

    /// <summary>The folder of a small Godot game without the addon.</summary>
    public static string PlainGame =>
        Path.GetDirectoryName(Find(Path.Combine("tests", "godot", "plain", "project.godot")) ?? throw new FileNotFoundException("tests/godot/plain/project.godot"))!;

    /// <summary>The folder of the games that use the addon.</summary>
    public static string AddonGame =>
        Path.GetDirectoryName(Find(Path.Combine("tests", "godot", "addon", "project.godot")) ?? throw new FileNotFoundException("tests/godot/addon/project.godot"))!;

    /// <summary>The folder of the game whose nodes are moved about.</summary>
    public static string MovingGame =>
        Path.GetDirectoryName(Find(Path.Combine("tests", "godot", "moving", "project.godot")) ?? throw new FileNotFoundException("tests/godot/moving/project.godot"))!;

    /// <summary>The folder of the plaza's Godot project.</summary>
    public static string Plaza =>
        Path.GetDirectoryName(Find(Path.Combine("examples", "plaza", "game", "project.godot")) ?? throw new FileNotFoundException("examples/plaza/game/project.godot"))!;

    /// <summary>The folder of the addon.</summary>
    public static string Addon =>
        Path.GetDirectoryName(Find(Path.Combine("addons", "banyan", "plugin.cfg")) ?? throw new FileNotFoundException("addons/banyan/plugin.cfg"))!;

    /// <summary>A scene of Godot's demo projects; the test is skipped where they are not.</summary>
    public static string Demo(string scene)
    {
        string? file = Find(Path.Combine("shared", "data", "godot-demos", scene));
        Assert.SkipWhen(file is null, $"no shared/data/godot-demos/{scene} beside the checkout");
        return file!;
    }

    /// <summary>The scenes of Godot's demo projects, by their path below the demos' folder.</summary>
    public static readonly string[] DemoScenes =
    [
        "3d/platformer/coin/coin.tscn", "3d/platformer/enemy/enemy.tscn", "3d/platformer/game.tscn", "3d/platformer/player/player.tscn",
        "3d/platformer/stage/stage.tscn", "3d/truck_town/town/lamp/lamp_scene.tscn", "3d/truck_town/town/model/racetrack_csg.tscn",
        "3d/truck_town/town/town_scene.tscn", "3d/truck_town/vehicles/car_base.tscn", "3d/truck_town/vehicles/tow_truck.tscn",
        "3d/truck_town/vehicles/trailer_truck.tscn", "networking/multiplayer_bomber/bomb.tscn", "networking/multiplayer_bomber/player.tscn",
        "networking/multiplayer_bomber/rock.tscn", "networking/multiplayer_bomber/world.tscn",
    ];

    private static string? Find(string path)
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string file = Path.Combine(folder, path);
            if (File.Exists(file)) return file;
        }

        return null;
    }
}
