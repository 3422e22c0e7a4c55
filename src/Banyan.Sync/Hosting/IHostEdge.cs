namespace Banyan.Sync.Hosting;

/// <summary>What a <see cref="GameHost"/> needs of the machine around it.</summary>
public interface IHostEdge
{
    /// <summary>A clock that never goes back.</summary>
    long Microseconds { get; }

    /// <summary>Fills with bytes that nobody can guess.</summary>
    void FillRandom(Span<byte> bytes);

    /// <summary>Has something done on the store's loop; from any thread.</summary>
    void Post(Action action);

    /// <summary>A line for whoever runs the server.</summary>
    void Log(string line);
}
