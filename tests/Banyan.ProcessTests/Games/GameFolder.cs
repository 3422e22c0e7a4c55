namespace Banyan.ProcessTests.Games;

/// <summary>A Godot project on disk: a level in which every peer gets a player of its own, and drops things that it spawns itself.</summary>
internal sealed class GameFolder : FolderProject
{
    /// <param name="moreInPlayer">Nodes for the end of a player's scene.</param>
    /// <param name="moreOwned">Of these, which one is the peer's own.</param>
    public GameFolder(string moreInPlayer = "", string? moreOwned = null)
    {
        string player = $"""
            [gd_scene load_steps=3 format=3]

            {SceneText.Config(1, Replicated.Always(".:position"), Replicated.OnChange(".:title"))}

            {SceneText.Config(2)}

            [node name="Player" type="Node3D"]

            {SceneText.Synchronizer("Pose", 1)}

            {SceneText.Drops}

            {moreInPlayer}
            """;
        string[] owned = moreOwned is null ? ["Pose", "DropSpawner"] : ["Pose", "DropSpawner", moreOwned];
        PlayersGame.Write(Path, $"{{ {PlayersGame.Join(owned)} }}", """
            extends Node3D

            @rpc("any_peer")
            func greet(text):
                print(text)

            @rpc("authority")
            func start():
                pass
            """, player);
        Write("drop.tscn", SceneText.Counted("Drop"));
    }
}
