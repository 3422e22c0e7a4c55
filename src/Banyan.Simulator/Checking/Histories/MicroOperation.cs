using System.Runtime.InteropServices;
using Banyan.Primitives;

namespace Banyan.Simulator.Checking.Histories;

/// <summary>One step of a client's operation on one key, with what came of it.</summary>
/// <remarks>
/// What a step has seen counts only in an operation that ended as <see cref="OperationOutcome.Ok"/>. The shape is
/// Jepsen's micro-operation: function, key, value.
/// </remarks>
/// <param name="Kind">What it does.</param>
/// <param name="Key">To which key, in words: histories compare keys, they do not order them.</param>
public sealed record MicroOperation(MicroKind Kind, string Key)
{
    /// <summary>The number that was seen, written, appended or added.</summary>
    public long? Value { get; init; }

    /// <summary>Of a compare-and-set: what had to stand there; null for nothing.</summary>
    public long? Expected { get; init; }

    /// <summary>Of a compare-and-set: false if something else stood there, so that nothing was written.</summary>
    public bool Applied { get; init; } = true;

    /// <summary>Of a read of a list: its elements, the oldest first; of a read of a set: its elements, ascending.</summary>
    public IReadOnlyList<long> List { get; init; } = [];

    /// <summary>Whether it may change its key.</summary>
    public bool IsWrite => Kind is not (MicroKind.Read or MicroKind.ReadList);

    /// <summary>A read of a number.</summary>
    public static MicroOperation Read(string key, long? seen) => new(MicroKind.Read, key) { Value = seen };

    /// <summary>A blind write.</summary>
    public static MicroOperation Write(string key, long? value) => new(MicroKind.Write, key) { Value = value };

    /// <summary>A compare-and-set.</summary>
    public static MicroOperation CompareAndSet(string key, long? expected, long? value, bool applied = true) =>
        new(MicroKind.CompareAndSet, key) { Expected = expected, Value = value, Applied = applied };

    /// <summary>An append to a list.</summary>
    public static MicroOperation Append(string key, long element) => new(MicroKind.Append, key) { Value = element };

    /// <summary>A read of a list or a set.</summary>
    public static MicroOperation ReadList(string key, params IReadOnlyList<long> seen) => new(MicroKind.ReadList, key) { List = seen };

    /// <summary>An addition to a set or a counter.</summary>
    public static MicroOperation Add(string key, long value) => new(MicroKind.Add, key) { Value = value };

    /// <inheritdoc/>
    public bool Equals(MicroOperation? other) =>
        other is not null && Kind == other.Kind && Key == other.Key && Value == other.Value && Expected == other.Expected
        && Applied == other.Applied && List.SequenceEqual(other.List);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        (int)StableHash.Add(StableHash.Add((ulong)Kind, (ulong)(Value ?? 0)), MemoryMarshal.AsBytes(Key.AsSpan()));

    /// <summary>In words.</summary>
    public override string ToString() => Kind switch
    {
        MicroKind.Read => $"read {Key} = {Text(Value)}",
        MicroKind.Write => $"write {Key} = {Text(Value)}",
        MicroKind.CompareAndSet => $"change {Key} from {Text(Expected)} to {Text(Value)}{(Applied ? "" : " (refused)")}",
        MicroKind.Append => $"append {Value} to {Key}",
        MicroKind.ReadList => $"read {Key} = [{TextOf(List)}]",
        _ => $"add {Value} to {Key}",
    };

    private static string Text(long? value) => value is { } number ? number.ToString() : "nothing";

    // Of a long list the end is what matters.
    private static string TextOf(IReadOnlyList<long> list) =>
        list.Count <= 12 ? string.Join(' ', list) : "… " + string.Join(' ', list.Skip(list.Count - 10)) + $" ({list.Count})";
}
