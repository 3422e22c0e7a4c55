namespace Banyan.Server.Games.Access;

/// <summary>Why a connection was not taken.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Why">One line, one of few texts.</param>
internal sealed record AccessRefusal(int Status, string Why);
