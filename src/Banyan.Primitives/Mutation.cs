namespace Banyan.Primitives;

/// <summary>
/// Deliberate bugs, one at a time, that show whether the simulator's checkers would see them. Only a build with MUTANTS
/// defined has them; in every other <see cref="Is"/> is a constant that the compiler removes together with the bug.
/// </summary>
public static class Mutation
{
#if MUTANTS
    [ThreadStatic]
    private static string? _active;

    /// <summary>Switches a mutant on for this thread; null for none.</summary>
    public static void Activate(string? mutant) => _active = mutant;

    /// <summary>Whether a mutant is switched on.</summary>
    public static bool Is(string mutant) => _active == mutant;
#else
    /// <summary>Whether a mutant is switched on: never, in this build.</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    public static bool Is(string mutant) => false;
#endif
}
