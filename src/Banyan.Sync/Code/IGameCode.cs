namespace Banyan.Sync.Code;

/// <summary>
/// The game's own code in the cluster: what a Godot server's scripts would do as peer 1. Exactly one server runs it at a
/// time; when that one is lost, another makes a new one and starts it.
/// </summary>
/// <remarks>
/// Everything is called one after the other, on the thread that also serves the tree: be quick, and never wait. Work that
/// takes long goes elsewhere and comes back with <see cref="IGame.Post"/>. What is thrown is counted and logged, and ends
/// only the call that threw it. What has to survive the server belongs into the tree.
/// </remarks>
public interface IGameCode
{
    /// <summary>This server runs the code from now on. The tree has all that a former server's code has done.</summary>
    /// <param name="game">The world; of no use any more after <see cref="OnStop"/>.</param>
    /// <remarks>
    /// <see cref="IGame.Peers"/> holds whoever is connected by now; <see cref="OnPeerJoined"/> is called for later ones only.
    /// Peers may have come and gone while no server ran the code: compare with the tree.
    /// </remarks>
    void OnStart(IGame game);

    /// <summary>A peer has connected, to whichever server.</summary>
    void OnPeerJoined(int peer)
    {
    }

    /// <summary>A peer has gone; what the rules of the project remove with it is removed already.</summary>
    void OnPeerLeft(int peer)
    {
    }

    /// <summary>A peer has called a method with <c>rpc_id(1, …)</c> or <c>rpc(…)</c>: the method's mode allows it.</summary>
    /// <remarks>Calls of one peer come in its order.</remarks>
    void OnCall(GameCall call);

    /// <summary>A peer has sent bytes with <c>send_bytes</c>.</summary>
    void OnBytes(int peer, ReadOnlyMemory<byte> bytes)
    {
    }

    /// <summary>Time has passed, about 16 ms.</summary>
    /// <param name="seconds">Since the last time.</param>
    void OnTick(double seconds)
    {
    }

    /// <summary>This server does not run the code any more; nothing is called after that.</summary>
    void OnStop()
    {
    }
}
