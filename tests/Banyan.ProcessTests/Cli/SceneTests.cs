using System.Text.Json;

namespace Banyan.ProcessTests.Cli;

[Collection(TownCollection.Name)]
public class SceneTests(TownCluster town)
{
    public static TheoryData<string> DemoScenes => [.. Checkout.DemoScenes];

    [Fact]
    public async Task The_imported_town_holds_exactly_what_its_dump_says() => await AssertHoldsAsync("/root/Town", await DumpAsync(Checkout.Town));

    [Theory]
    [MemberData(nameof(DemoScenes))]
    public async Task An_imported_demo_scene_holds_exactly_what_its_dump_says(string scene)
    {
        string file = Checkout.Demo(scene);
        string name = scene.Replace('/', '_').Replace('.', '_');
        Task<JsonElement[]> dumping = DumpAsync(file);
        BanyanCommand import = await town.RunAsync("import", file, "--name", name, "--json");
        JsonElement[] dump = await dumping;
        Assert.Equal(dump.Length, import.Json.GetProperty("nodes").GetInt32());
        Assert.Equal($"/root/{name}", import.Json.GetProperty("path").GetString());
        await AssertHoldsAsync($"/root/{name}", dump);
    }

    [Theory]
    [InlineData("nonsense", ":1:1: ")]
    [InlineData("[gd_scene format=3]\n\n[node name=\"A\" type=\"Node\"]\nx = Vector3(1,\n", ":5:1: ")]
    [InlineData("[gd_scene format=3]\n", "")]
    [InlineData("", "")]
    public async Task A_malformed_scene_is_refused_with_its_place(string text, string place)
    {
        using TemporaryFile file = new(text, "bad.tscn");
        (await BanyanCommand.RunAsync("scene", "dump", file.Path)).AssertFailed(2, "res://bad.tscn" + place);
    }

    [Theory]
    [InlineData("[gd_scene format=3]\n\n[node name=\"A\" type=\"Node\"]\n\n[node name=\"B\" type=\"Node\" parent=\"Nope\"]\n", "5: the parent \"Nope\" of node \"B\" is missing")]
    [InlineData("[gd_scene format=3]\n\n[ext_resource type=\"PackedScene\" path=\"res://nope.tscn\" id=\"1\"]\n\n[node name=\"A\" instance=ExtResource(\"1\")]\n", "3: the PackedScene res://nope.tscn is missing")]
    public async Task What_godot_would_load_all_the_same_is_a_warning_with_its_place(string text, string warning)
    {
        using TemporaryFile file = new(text, "odd.tscn");
        BanyanCommand dump = await BanyanCommand.RunAsync("scene", "dump", file.Path);
        Assert.Equal(JsonValueKind.Array, dump.Json.ValueKind);
        Assert.StartsWith("warning: res://odd.tscn:" + warning, dump.Error);
    }

    [Fact]
    public async Task A_scene_that_is_not_there_or_lies_outside_of_its_project_is_bad_input()
    {
        (await BanyanCommand.RunAsync("scene", "dump", "nope.tscn")).AssertFailed(2, "nope.tscn: no such file");
        (await BanyanCommand.RunAsync("scene", "dump", Checkout.Town, "--project", "nope")).AssertFailed(2, "nope: no such folder");
        using TemporaryFile elsewhere = new("");
        (await BanyanCommand.RunAsync("scene", "dump", Checkout.Town, "--project", Path.GetDirectoryName(elsewhere.Path)!)).AssertFailed(2, "lies outside of the project");
    }

    [Theory]
    [InlineData(1, "no node /root/Nope", "--at", "/root/Nope")]
    [InlineData(1, "does not start at /root", "--at", "Nope")]
    [InlineData(1, "'/' may not be part of a name", "--name", "a/b")]
    public async Task An_import_to_where_nothing_can_be_is_refused(int exitCode, string message, params string[] options) =>
        (await town.RunAsync(["import", Checkout.Town, .. options])).AssertFailed(exitCode, message);

    private static async Task<JsonElement[]> DumpAsync(string file)
    {
        BanyanCommand dump = await BanyanCommand.RunAsync("scene", "dump", file);
        // Warnings are no errors.
        Assert.All(dump.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith("warning: ", line));
        JsonElement[] nodes = [.. dump.Json.EnumerateArray()];
        Assert.Equal(".", nodes[0].GetProperty("path").GetString());
        return nodes;
    }

    private async Task AssertHoldsAsync(string root, JsonElement[] dump)
    {
        JsonElement tree = (await town.RunAsync("tree", root, "--json", "--properties")).Json;
        Assert.Equal(dump.Select(n => Line(n, PathOf(root, n))), tree.EnumerateArray().Select(n => Line(n, n.GetProperty("path").GetString()!)));
    }

    private static string PathOf(string root, JsonElement node) =>
        node.GetProperty("path").GetString() is { } path && path == "." ? root : $"{root}/{node.GetProperty("path").GetString()}";

    // Properties are an unordered set in the world.
    private static string Line(JsonElement node, string path)
    {
        IEnumerable<string> properties = node.GetProperty("properties").EnumerateObject().Select(p => $"{p.Name}={p.Value.GetString()}").Order(StringComparer.Ordinal);
        return $"{path} {node.GetProperty("type").GetString()} {node.GetProperty("groups").GetRawText().Replace("\n", "").Replace(" ", "")} {string.Join(';', properties)}";
    }
}
