namespace Banyan.Simulator.Exploration;

/// <summary>
/// A part of an explored system, such as one server: real code that is driven by one input at a time. It must be
/// deterministic: equal inputs in equal order lead to equal states and equal messages.
/// </summary>
internal interface IExploredPart
{
    /// <summary>Takes an input that is no message; which there are is the exploration's business.</summary>
    void Take(int input);

    /// <summary>Takes a message.</summary>
    void Receive(byte[] message);

    /// <summary>What was sent since this was last called.</summary>
    List<(int To, byte[] Message)> TakeSent();

    /// <summary>Tells states apart. Equal hashes promise equal behaviour from here on.</summary>
    /// <param name="history">A hash over all inputs so far, for parts that cannot look into themselves.</param>
    ulong Hash(ulong history);

    /// <summary>What the checks look at; does not change afterwards.</summary>
    object View();
}
