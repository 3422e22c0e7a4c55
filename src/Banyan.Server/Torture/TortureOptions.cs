namespace Banyan.Server.Torture;

/// <summary>What a run of <c>banyan torture</c> is told.</summary>
/// <param name="Executable">Of the servers.</param>
/// <param name="Duration">Of load and faults; starting and closing come on top.</param>
/// <param name="Servers">How many.</param>
/// <param name="Seed">Of load, network and faults. Processes and threads go their own ways: the same seed draws the same faults, not the same run.</param>
/// <param name="Clients">How many, each with one operation at a time under way.</param>
/// <param name="Rate">Operations a second that are asked for.</param>
/// <param name="Faults">Kinds.</param>
/// <param name="Folder">Where data and histories go; null for a temporary one.</param>
/// <param name="KeepsHistories">Whether histories without a violation are kept, too.</param>
internal sealed record TortureOptions(
    string Executable, TimeSpan Duration, int Servers, ulong Seed, int Clients, double Rate, IReadOnlyList<string> Faults, string? Folder, bool KeepsHistories);
