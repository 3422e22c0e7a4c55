namespace Banyan.ProcessTests.Games;

/// <summary>The project of Godot's demo "multiplayer_bomber": its scenes where they lie beside the checkout, and what of its scripts the network sees.</summary>
internal sealed class BomberFolder : FolderProject
{
    public BomberFolder()
    {
        Write("project.godot", "config_version=5\n");
        foreach (string scene in new[] { "world", "player", "bomb", "rock" })
            File.CreateSymbolicLink(System.IO.Path.Combine(Path, scene + ".tscn"), Checkout.Demo($"networking/multiplayer_bomber/{scene}.tscn"));
        Write("gamestate.gd", """
            extends Node

            @rpc("any_peer")
            func register_player(new_player_name):
                pass

            @rpc("any_peer")
            func ready_to_start():
                pass

            @rpc("any_peer")
            func world_loaded():
                pass

            @rpc("call_local")
            func load_world():
                pass

            @rpc
            func catch_up(scores, rocks):
                pass
            """);
        Write("player.gd", """
            extends CharacterBody2D

            @rpc("call_local")
            func exploded(by_who):
                pass
            """);
        Write("rock.gd", """
            extends CharacterBody2D

            @rpc("call_local")
            func exploded(by_who):
                pass
            """);
        Write("score.gd", """
            extends HBoxContainer

            @rpc("call_local")
            func end(winner):
                pass
            """);
        Write("bomb.gd", "extends Area2D\n");
        Write("player_controls.gd", "extends Node\n");
        Write("player_spawner.gd", "extends MultiplayerSpawner\n");
        Write("bomb_spawner.gd", "extends MultiplayerSpawner\n");
    }
}
