using System.Collections.Immutable;
using System.Text;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Scenes;

/// <summary>Writes scene files as Godot's editor saves them: what it saved and we read comes out letter for letter.</summary>
public static class SceneFileWriter
{
    /// <summary>The text of a file.</summary>
    public static string Write(SceneFile file)
    {
        StringBuilder text = new();
        VariantTextForm form = file.Format >= 4 ? VariantTextForm.Newest : VariantTextForm.Compatible;
        TagWriter tag = new(text, form);

        tag.Open("gd_scene").Int("load_steps", file.LoadSteps).Int("format", file.Format).Text("uid", file.Uid).Close(file.Extra);
        foreach (ExtResource r in file.ExtResources)
        {
            if (r == file.ExtResources[0]) text.Append('\n');
            tag.Open("ext_resource").Text("type", r.Type).Text("uid", r.Uid).Text("path", r.Path).Text("id", r.Id).Close(r.Extra);
        }

        foreach (SubResource r in file.SubResources)
        {
            text.Append('\n');
            tag.Open("sub_resource").Text("type", r.Type).Text("id", r.Id).Close(r.Extra);
            Properties(text, r.Properties, form);
        }

        foreach (SceneFileNode node in file.Nodes)
        {
            text.Append('\n');
            Node(tag, node);
            Properties(text, node.Properties, form);
        }

        for (int i = 0; i < file.Connections.Length; i++)
        {
            if (i == 0) text.Append('\n');
            SceneFileConnection c = file.Connections[i];
            tag.Open("connection").Text("signal", c.Signal).Text("from", c.From).Text("to", c.To).Text("method", c.Method)
                .Int("flags", c.Flags).Value("from_uid_path", c.FromUidPath).Value("to_uid_path", c.ToUidPath).Int("unbinds", c.Unbinds);
            if (!c.Binds.IsEmpty) tag.Value("binds", new VariantArray(c.Binds));
            tag.Close(c.Extra);
        }

        for (int i = 0; i < file.EditableInstances.Length; i++)
        {
            if (i == 0) text.Append('\n');
            tag.Open("editable").Text("path", file.EditableInstances[i]).Close([]);
        }

        return text.ToString();
    }

    private static void Node(TagWriter tag, SceneFileNode node)
    {
        tag.Open("node").Text("name", node.Name).Text("type", node.Type).Text("parent", node.Parent)
            .Value("parent_id_path", node.ParentIdPath).Text("owner", node.Owner).Value("owner_uid_path", node.OwnerUidPath)
            .Text("index", node.Index?.ToString()).Int("unique_id", node.UniqueId);
        if (!node.NodePaths.IsEmpty) tag.Value("node_paths", node.NodePaths);
        if (!node.Groups.IsEmpty) tag.Value("groups", new VariantArray([.. node.Groups.Select(g => (Variant)g)]));
        tag.Text("instance_placeholder", node.InstancePlaceholder);
        if (node.Instance is not null) tag.Value("instance", Variant.FromObject(node.Instance));
        tag.Close(node.Extra);
    }

    private static void Properties(StringBuilder text, ImmutableArray<SceneProperty> properties, VariantTextForm form)
    {
        foreach (SceneProperty property in properties)
        {
            if (IsPlain(property.Name)) text.Append(property.Name);
            else text.Multiline(property.Name);
            text.Append(" = ");
            VariantText.Write(text, property.Value, form);
            text.Append('\n');
        }
    }

    private static bool IsPlain(string name)
    {
        foreach (char c in name)
        {
            if (c is '=' or '"' or ';' or '[' or ']' or <= ' ' or > '~') return false;
        }

        return name.Length > 0;
    }

    /// <summary>Writes headings; attributes that are null are left out.</summary>
    private sealed class TagWriter(StringBuilder text, VariantTextForm form)
    {
        public TagWriter Open(string name)
        {
            text.Append('[').Append(name);
            return this;
        }

        public TagWriter Text(string name, string? value)
        {
            if (value is not null) text.Append(' ').Append(name).Append('=').OneLine(value);
            return this;
        }

        public TagWriter Int(string name, long? value) => value is null ? this : Value(name, value.Value);

        public TagWriter Value(string name, Variant? value)
        {
            if (value is null) return this;
            text.Append(' ').Append(name).Append('=');
            VariantText.Write(text, value.Value, form);
            return this;
        }

        public void Close(ImmutableArray<SceneAttribute> extra)
        {
            foreach (SceneAttribute attribute in extra) Value(attribute.Name, attribute.Value);
            text.Append("]\n");
        }
    }
}
