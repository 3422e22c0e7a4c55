using System.CommandLine;
using System.Text.Json;
using Banyan.Client;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Server.Cli;

/// <summary>What all commands that change something have in common: one transaction, its outcome, its exit code.</summary>
internal static class Transacting
{
    public static async Task<int> RunAsync(ParseResult parsed, IReadOnlyList<SceneOperation> operations)
    {
        await using BanyanClient client = await CommandLine.ConnectAsync(parsed).ConfigureAwait(false);
        TransactOutcome outcome = await client.TransactAsync(operations).ConfigureAwait(false);
        bool json = parsed.GetValue(CommandLine.Json);
        switch (outcome)
        {
            case TransactOutcome.Committed c:
                if (json) Write("committed", w =>
                {
                    w.WriteString("timestamp", c.Timestamp.ToString());
                    w.WriteStartArray("nodes");
                    foreach (NodeId node in c.Nodes) w.WriteStringValue(node.ToString());
                    w.WriteEndArray();
                });
                else Console.WriteLine($"committed at {c.Timestamp}: {string.Join(' ', c.Nodes)}");
                return ExitCode.Ok;
            case TransactOutcome.Refused r:
                if (json) Write("refused", w =>
                {
                    w.WriteString("code", r.Error.Code.ToString());
                    w.WriteString("message", r.Error.Message);
                    w.WriteNumber("operation", r.Operation);
                });
                else Console.Error.WriteLine(operations.Count == 1 ? r.Error.Message : $"operation {r.Operation}: {r.Error.Message}");
                return ExitCode.Failed;
            case TransactOutcome.Unavailable u:
                if (json) Write("unavailable", w => w.WriteString("message", u.Why));
                else Console.Error.WriteLine($"unavailable, nothing has changed: {u.Why}");
                return ExitCode.Unavailable;
            default:
                string why = ((TransactOutcome.Ambiguous)outcome).Why;
                if (json) Write("ambiguous", w => w.WriteString("message", why));
                else Console.Error.WriteLine($"ambiguous, it may or may not have happened: {why}");
                return ExitCode.Ambiguous;
        }
    }

    /// <summary>A node by its path, or by its id as in n42.</summary>
    public static NodeRef ReadNode(string text) => NodeId.TryParse(text, out NodeId id) ? NodeRef.Of(id) : NodeRef.At(text);

    /// <summary>A value in Godot's text form.</summary>
    public static byte[] ReadValue(string name, string text)
    {
        if (VariantText.TryParse(text, null, out Variant value, out VariantTextError error)) return PropertyValue.Encode(value);
        string hint = text.Length > 0 && char.IsLetter(text[0]) ? " (a string needs its quotes: '\"text\"')" : "";
        throw new CommandFailed(ExitCode.BadInput, $"{name}: column {error.Column}: {error.Message}{hint}");
    }

    private static void Write(string outcome, Action<Utf8JsonWriter> rest) => JsonOutput.WriteObject(w =>
    {
        w.WriteString("outcome", outcome);
        rest(w);
    });
}
