namespace Banyan.ProcessTests.Games;

/// <summary>A copy of the game whose nodes the cluster moves about, as games without the engine read it.</summary>
internal sealed class MovingFolder : FolderProject
{
    public MovingFolder()
    {
        foreach (string file in new[] { "project.godot", "main.tscn", "main.gd", "thing.tscn", "thing.gd" })
            Write(file, File.ReadAllText(System.IO.Path.Combine(Checkout.MovingGame, file)));
    }
}
