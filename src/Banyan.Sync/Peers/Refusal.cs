namespace Banyan.Sync.Peers;

/// <summary>Why a packet was not taken.</summary>
/// <param name="Why">One of few texts, so that causes can be counted.</param>
/// <param name="EndsSession">Whether no Godot would have sent it.</param>
public readonly record struct Refusal(string Why, bool EndsSession);
