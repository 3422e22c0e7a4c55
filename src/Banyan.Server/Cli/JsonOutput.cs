using System.Text.Encodings.Web;
using System.Text.Json;

namespace Banyan.Server.Cli;

/// <summary>JSON on standard output, one value and a line break.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void WriteObject(Action<Utf8JsonWriter> properties) => Write(w =>
    {
        w.WriteStartObject();
        properties(w);
        w.WriteEndObject();
    });

    public static void Write(Action<Utf8JsonWriter> value)
    {
        using Stream output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output, _options)) value(writer);
        output.WriteByte((byte)'\n');
    }
}
