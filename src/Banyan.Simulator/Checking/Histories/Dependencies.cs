namespace Banyan.Simulator.Checking.Histories;

/// <summary>Why one operation must come before another; several together say which edges a search may use.</summary>
[Flags]
internal enum Dependencies : byte
{
    None = 0,

    /// <summary>The second one's version stands right after the first one's.</summary>
    WriteWrite = 1,

    /// <summary>The second has read the first one's version.</summary>
    WriteRead = 2,

    /// <summary>The first has read the version right before the second one's.</summary>
    ReadWrite = 4,

    /// <summary>The first had returned before the second was called.</summary>
    RealTime = 8,

    /// <summary>The rest of a way through a junction, which stands for many edges; the way's first edge says why.</summary>
    Through = 16,
}

/// <summary>An edge of a <see cref="DependencyGraph"/>.</summary>
/// <param name="From">The node that comes before.</param>
/// <param name="To">The node that comes after.</param>
/// <param name="Why">One of the reasons.</param>
/// <param name="Key">On which key; -1 for none.</param>
/// <param name="Element">The element of the key's list that tells it.</param>
internal readonly record struct Dependency(int From, int To, Dependencies Why, int Key = -1, long Element = 0);
