using Banyan.Kv.Commands;
using Banyan.Primitives;

namespace Banyan.Kv.Ranges;

/// <summary>Commands that will share one log entry.</summary>
internal sealed class EntryBatch
{
    private readonly ByteWriter _commands = new();
    private readonly ByteWriter _entry = new();

    /// <summary>Number of commands.</summary>
    public int Count { get; private set; }

    /// <summary>Size of the commands so far, in bytes.</summary>
    public int Bytes => _commands.Length;

    /// <summary>Adds a command.</summary>
    public void Add(Command command)
    {
        CommandCodec.Encode(_commands, command);
        Count++;
    }

    /// <summary>The entry's payload; the batch is empty afterwards.</summary>
    public byte[] Take(EntryHeader header)
    {
        _entry.Clear();
        (header with { Count = Count }).Encode(_entry);
        _entry.Raw(_commands.Written);
        _commands.Clear();
        Count = 0;
        return _entry.ToArray();
    }
}
