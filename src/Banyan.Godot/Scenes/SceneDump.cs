using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>Writes an expanded scene as JSON: an array of records, one per node, in tree order.</summary>
/// <remarks>
/// <c>{"path": "Enemy/Eye", "type": "Node3D", "groups": ["a"], "properties": {"position": "Vector3(1, 2, 3)"}}</c>; paths
/// are relative to the root, which is itself <c>.</c>; values are in Godot's text form, sub-resources as
/// <c>Object(Class,"name":value)</c> and files as <c>Resource("res://…")</c>.
/// </remarks>
public static class SceneDump
{
    // The output is a file or a terminal's, not a part of a web page.
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Appends the whole dump, in UTF-8.</summary>
    public static void Write(IBufferWriter<byte> output, ExpandedScene scene)
    {
        using Utf8JsonWriter json = new(output, Options);
        json.WriteStartArray();
        for (int i = 0; i < scene.Nodes.Length; i++)
        {
            ExpandedNode node = scene.Nodes[i];
            json.WriteStartObject();
            json.WriteString("path", scene.PathOf(i));
            json.WriteString("type", node.Type);
            json.WriteStartArray("groups");
            foreach (string group in node.Groups) json.WriteStringValue(group);
            json.WriteEndArray();
            json.WriteStartObject("properties");
            foreach ((string name, Variant value) in node.Properties) json.WriteString(name, VariantText.Write(value));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
    }
}
