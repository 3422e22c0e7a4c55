using Banyan.Bench.Cluster;
using Banyan.SmallGames;

namespace Banyan.Bench.Games;

/// <summary>A Godot project on disk, in which every peer gets a player that tells all others when it was sent.</summary>
internal sealed class BenchProject
{
    /// <summary>How far players see each other where distances matter.</summary>
    public const int Distance = 100;

    /// <summary>Writes the files.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="hasDistances">Whether players see only those who are near.</param>
    public BenchProject(BenchFolder folder, bool hasDistances = false)
    {
        string interest = hasDistances ? $$""", "interest": { "within": { "/root/Main/Players": {{Distance}} } }""" : "";
        Path = System.IO.Path.Combine(folder.Path, "project");
        Directory.CreateDirectory(Path);
        const string Script = """
            extends Node3D

            @rpc("any_peer")
            func greet(sent):
                pass
            """;
        string player = $"""
            [gd_scene load_steps=2 format=3]

            {SceneText.Config(1, Replicated.Always(".:position"), Replicated.Always(".:sent"))}

            [node name="Player" type="Node3D"]

            {SceneText.Synchronizer("Pose", 1)}
            """;
        Main = PlayersGame.Write(Path, $"{{ {PlayersGame.Join("Pose")}{interest} }}", Script, player);
    }

    public string Path { get; }

    public string Main { get; }
}
