namespace Banyan.Sync.Hosting;

/// <summary>A client's connection: messages go out in order, or it is over.</summary>
public interface IPeerConnection
{
    /// <summary>Why this side ended it; null if it did not.</summary>
    string? Fault { get; }

    /// <summary>Whether the client may not come again with the same session.</summary>
    bool IsFinal { get; }

    /// <summary>Queues a message; nothing if it is over.</summary>
    void Send(ReadOnlySpan<byte> message);

    /// <summary>Ends it, with a reason for the client; only the first counts.</summary>
    /// <param name="why">The reason.</param>
    /// <param name="isFinal">Whether its session, if it has one, ends as well.</param>
    void Fail(string why, bool isFinal = true);
}
