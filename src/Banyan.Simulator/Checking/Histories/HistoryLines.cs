using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Banyan.Simulator.Checking.Histories;

/// <summary>Histories as text, one operation a line, so that a history recorded elsewhere can be checked here and the other way round.</summary>
/// <remarks>
/// A line is a JSON object:
/// <code>
/// {"client":3,"invoked":120,"returned":250,"outcome":"ok","steps":[{"do":"append","key":"x","value":7},{"do":"readList","key":"x","list":[4,7]}]}
/// </code>
/// outcome: ok, failed, unknown. do: read, write, compareAndSet, append, readList, add. returned is left out if there was
/// no answer; value and expected are left out for "nothing"; applied is there only as false.
/// </remarks>
public static class HistoryLines
{
    private static readonly string[] _kinds = ["read", "write", "compareAndSet", "append", "readList", "add"];
    private static readonly string[] _outcomes = ["ok", "failed", "unknown"];

    /// <summary>Writes one operation and the end of its line, in UTF-8.</summary>
    public static void Write(IBufferWriter<byte> output, ClientOperation operation)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteNumber("client", operation.Client);
            json.WriteNumber("invoked", operation.Invoked);
            if (operation.Returned is { } returned) json.WriteNumber("returned", returned);
            json.WriteString("outcome", _outcomes[(int)operation.Outcome]);
            json.WriteStartArray("steps");
            foreach (MicroOperation step in operation.Steps) WriteStep(json, step);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>Reads one line; false if it is not the line of an operation.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out ClientOperation operation)
    {
        operation = null!;
        try
        {
            var json = new Utf8JsonReader(line);
            return json.Read() && TryReadOperation(ref json, out operation) && !json.Read();
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException)
        {
            // The reader of JSON has no other way to say that this is none, or that its text is not Unicode.
            return false;
        }
    }

    /// <summary>Reads a whole history; blank lines do not matter. False, with the number of the first bad line, if there is one.</summary>
    public static bool TryReadAll(ReadOnlySpan<byte> text, out IReadOnlyList<ClientOperation> history, out int badLine)
    {
        var operations = new List<ClientOperation>();
        history = operations;
        badLine = 0;
        for (int number = 1; !text.IsEmpty; number++)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = (end < 0 ? text : text[..end]).Trim(" \t\r"u8);
            text = end < 0 ? [] : text[(end + 1)..];
            if (line.IsEmpty) continue;
            if (TryRead(line, out ClientOperation operation))
            {
                operations.Add(operation);
                continue;
            }

            badLine = number;
            return false;
        }

        return true;
    }

    /// <summary>One operation as a line without its end.</summary>
    public static string ToLine(ClientOperation operation)
    {
        var writer = new ArrayBufferWriter<byte>();
        Write(writer, operation);
        return Encoding.UTF8.GetString(writer.WrittenSpan[..^1]);
    }

    private static void WriteStep(Utf8JsonWriter json, MicroOperation step)
    {
        json.WriteStartObject();
        json.WriteString("do", _kinds[(int)step.Kind]);
        json.WriteString("key", step.Key);
        if (step.Expected is { } expected) json.WriteNumber("expected", expected);
        if (step.Value is { } value) json.WriteNumber("value", value);
        if (!step.Applied) json.WriteBoolean("applied", false);
        if (step.Kind == MicroKind.ReadList)
        {
            json.WriteStartArray("list");
            foreach (long element in step.List) json.WriteNumberValue(element);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static bool TryReadOperation(ref Utf8JsonReader json, out ClientOperation operation)
    {
        operation = null!;
        long? client = null, invoked = null, returned = null;
        int outcome = -1;
        List<MicroOperation>? steps = null;
        if (json.TokenType != JsonTokenType.StartObject) return false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            if (!json.Read()) return false;
            bool good = name switch
            {
                "client" => TryNumber(ref json, out client),
                "invoked" => TryNumber(ref json, out invoked),
                "returned" => TryNumber(ref json, out returned),
                "outcome" => TryWord(ref json, _outcomes, out outcome),
                "steps" => TryReadSteps(ref json, out steps),
                _ => json.TrySkip(),
            };
            if (!good) return false;
        }

        if (json.TokenType != JsonTokenType.EndObject || client is null || invoked is null || outcome < 0 || steps is null) return false;
        if (outcome == (int)OperationOutcome.Ok && returned is null) return false;
        operation = new(client.Value, invoked.Value, returned, (OperationOutcome)outcome, steps);
        return true;
    }

    private static bool TryReadSteps(ref Utf8JsonReader json, out List<MicroOperation> steps)
    {
        steps = [];
        if (json.TokenType != JsonTokenType.StartArray) return false;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (!TryReadStep(ref json, out MicroOperation step)) return false;
            steps.Add(step);
        }

        return json.TokenType == JsonTokenType.EndArray;
    }

    private static bool TryReadStep(ref Utf8JsonReader json, out MicroOperation step)
    {
        step = null!;
        int kind = -1;
        string? key = null;
        long? value = null, expected = null;
        bool applied = true;
        List<long> list = [];
        if (json.TokenType != JsonTokenType.StartObject) return false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            if (!json.Read()) return false;
            bool good = name switch
            {
                "do" => TryWord(ref json, _kinds, out kind),
                "key" => (key = json.TokenType == JsonTokenType.String ? json.GetString() : null) is not null,
                "value" => TryNumber(ref json, out value),
                "expected" => TryNumber(ref json, out expected),
                "applied" => TryBool(ref json, out applied),
                "list" => TryReadList(ref json, list),
                _ => json.TrySkip(),
            };
            if (!good) return false;
        }

        if (json.TokenType != JsonTokenType.EndObject || kind < 0 || key is null) return false;
        if (value is null && (MicroKind)kind is MicroKind.Append or MicroKind.Add) return false;
        step = new((MicroKind)kind, key) { Value = value, Expected = expected, Applied = applied, List = list };
        return true;
    }

    private static bool TryReadList(ref Utf8JsonReader json, List<long> list)
    {
        if (json.TokenType != JsonTokenType.StartArray) return false;
        while (json.Read() && json.TokenType == JsonTokenType.Number)
        {
            if (!json.TryGetInt64(out long element)) return false;
            list.Add(element);
        }

        return json.TokenType == JsonTokenType.EndArray;
    }

    // Null is the same as left out.
    private static bool TryNumber(ref Utf8JsonReader json, out long? number)
    {
        number = null;
        if (json.TokenType == JsonTokenType.Null) return true;
        if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long value)) return false;
        number = value;
        return true;
    }

    private static bool TryBool(ref Utf8JsonReader json, out bool value)
    {
        value = json.TokenType == JsonTokenType.True;
        return value || json.TokenType == JsonTokenType.False;
    }

    private static bool TryWord(ref Utf8JsonReader json, string[] words, out int index)
    {
        index = json.TokenType == JsonTokenType.String ? Array.IndexOf(words, json.GetString()) : -1;
        return index >= 0;
    }
}
