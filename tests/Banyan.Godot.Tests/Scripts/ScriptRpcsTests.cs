using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Scripts;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Scripts;

public class ScriptRpcsTests
{
    [Fact]
    public void Defaults_are_those_that_the_engine_applies()
    {
        ScriptRpcs script = Parse("@rpc\nfunc a():\n\tpass\n@rpc()\nfunc b(): pass\n");
        Assert.Equal([new("a"), new("b")], script.Methods);
        Assert.Equal(RpcMode.Authority, script.Methods[0].Mode);
        Assert.Equal(TransferMode.Reliable, script.Methods[0].Transfer);
        Assert.False(script.Methods[0].CallLocal);
        Assert.Equal(0, script.Methods[0].Channel);
    }

    [Fact]
    public void Arguments_come_in_any_order_but_for_the_channel()
    {
        ScriptRpcs script = Parse("""
            @rpc("any_peer", "call_local", "unreliable", 3) func a(): pass
            @rpc('unreliable_ordered', &"authority") func b(): pass
            @rpc("reliable", "call_remote", "any_peer", 0x1F,) func c(): pass
            @rpc(r"any_peer", "call_local", "unreliable", -1) func d(): pass
            @rpc("any_peer", "call_local", "unreliable", 2.9) func e(): pass
            @rpc("any_peer", "call_local", "unreliable", 1_000) func f(): pass
            """);
        Assert.Equal(
            [
                new("a", RpcMode.AnyPeer, true, TransferMode.Unreliable, 3),
                new("b", RpcMode.Authority, false, TransferMode.UnreliableOrdered),
                new("c", RpcMode.AnyPeer, false, TransferMode.Reliable, 31),
                new("d", RpcMode.AnyPeer, true, TransferMode.Unreliable, -1),
                new("e", RpcMode.AnyPeer, true, TransferMode.Unreliable, 2),
                new("f", RpcMode.AnyPeer, true, TransferMode.Unreliable, 1000),
            ],
            script.Methods);
    }

    [Fact]
    public void Annotations_stand_on_lines_of_their_own_beside_others_or_over_many()
    {
        ScriptRpcs script = Parse("""
            @tool
            @icon("res://icon.svg")
            extends Node

            @rpc(
            	"any_peer", # why
            	"call_local"
            )
            ## What it does.

            @warning_ignore("unused_parameter")
            func a(x, y = [1,
            2]):
            	pass

            @warning_ignore("unused_parameter") @rpc("any_peer") static func b(): pass
            @rpc \
            ("any_peer") \
            func c(): pass
            @export_range(0, 10, func(): return ")") var x = 1; @rpc func d(): pass
            """);
        Assert.Equal(["a", "b", "c", "d"], script.Methods.Select(m => m.Name));
        Assert.Equal(new RpcMethod("a", RpcMode.AnyPeer, true), script.Methods[0]);
        Assert.Equal(RpcMode.AnyPeer, script.Methods[1].Mode);
        Assert.Equal(RpcMode.AnyPeer, script.Methods[2].Mode);
        Assert.Equal(RpcMode.Authority, script.Methods[3].Mode);
    }

    [Fact]
    public void Comments_strings_bodies_and_inner_classes_have_no_annotations()
    {
        ScriptRpcs script = Parse(""""
            # @rpc
            """
            @rpc
            func not_this(): pass
            """
            const A = "@rpc func x()"
            const B = '''
            @rpc
            func nor_this(): pass
            '''
            var f = func():
            	pass
            var d = {
            "a": func(): pass,
            }
            var s = "\"" + r"\"" + "\\"
            @rpc func real(): pass # @rpc
            class Inner:
            	extends Node
            	@rpc
            	func inner(): pass
            class Short: @rpc func short(): pass
            func body():
            	var text = """
            @rpc
            func nor_that(): pass
            """
            	class_name
            @rpc func last(): pass
            """");
        Assert.Equal(["real", "last"], script.Methods.Select(m => m.Name));
        Assert.Null(script.ClassName);
    }

    [Theory]
    [InlineData("extends Node", null, null, "Node")]
    [InlineData("class_name Player\nextends CharacterBody2D", "Player", null, "CharacterBody2D")]
    [InlineData("class_name Player extends CharacterBody2D\n", "Player", null, "CharacterBody2D")]
    [InlineData("extends CharacterBody2D # ; class_name No\nclass_name Player", "Player", null, "CharacterBody2D")]
    [InlineData("extends \"res://base.gd\"", null, "res://base.gd", "")]
    [InlineData("extends 'base.gd'.Inner.Deeper", null, "base.gd", "Inner Deeper")]
    [InlineData("\uFEFFextends Outer.Inner\r\nclass_name A\r\n", "A", null, "Outer Inner")]
    [InlineData("", null, null, "")]
    public void Name_and_base_are_found(string text, string? name, string? path, string names)
    {
        ScriptRpcs script = Parse(text);
        Assert.Equal(name, script.ClassName);
        Assert.Equal(path, script.BasePath);
        Assert.Equal(names, string.Join(' ', script.BaseNames));
    }

    [Theory]
    [InlineData("base.gd", "res://a/b.gd", "res://a/base.gd")]
    [InlineData("./x/../base.gd", "res://a/b.gd", "res://a/base.gd")]
    [InlineData("../base.gd", "res://a/b.gd", "res://base.gd")]
    [InlineData("base.gd", "res://b.gd", "res://base.gd")]
    [InlineData("res://x.gd", "res://a/b.gd", "res://x.gd")]
    [InlineData("uid://abc", "res://a/b.gd", "uid://abc")]
    public void A_base_is_found_from_the_scripts_own_folder(string basePath, string own, string resolved) =>
        Assert.Equal(resolved, Parse($"extends \"{basePath}\"").ResolveBasePath(own));

    [Fact]
    public void Constants_with_a_literal_may_be_arguments_wherever_they_stand()
    {
        ScriptRpcs script = Parse("@rpc(MODE, \"call_local\", \"unreliable\", CHANNEL)\nfunc a(): pass\nconst CHANNEL: int = +7\nconst MODE := \"any_peer\"; const X = 1 + 2\n");
        Assert.Equal([new("a", RpcMode.AnyPeer, true, TransferMode.Unreliable, 7)], script.Methods);
    }

    [Fact]
    public void A_script_has_its_bases_methods_and_its_own_go_over_them()
    {
        ScriptRpcs below = Parse("@rpc(\"any_peer\") func a(): pass\n@rpc func b(): pass\n@rpc func c(): pass");
        ScriptRpcs above = Parse("@rpc(\"any_peer\") func b(): pass\nfunc c(): pass\n@rpc func d(): pass");
        ImmutableArray<RpcMethod> all = ScriptRpcs.Inherit(below.Methods, above.Methods);
        Assert.Equal([new("a", RpcMode.AnyPeer), new("c"), new("b", RpcMode.AnyPeer), new("d")], all);
        Assert.True(RpcMethods.TryCreate([], all, out RpcMethods methods));
        Assert.Equal(["a", "b", "c", "d"], methods.OfScript.Select(m => m.Name));
    }

    [Theory]
    [InlineData("@rpc(\"anypeer\")\nfunc a(): pass", "1:6: \"anypeer\" is no argument of @rpc")]
    [InlineData("@rpc(\"any_peer\", \"authority\")\nfunc a(): pass", "1:18: \"authority\" says again what another argument says already")]
    [InlineData("@rpc(\"call_local\", \"call_local\")\nfunc a(): pass", "1:20: \"call_local\" says again what another argument says already")]
    [InlineData("@rpc(\"reliable\", \"unreliable\")\nfunc a(): pass", "1:18: \"unreliable\" says again what another argument says already")]
    [InlineData("@rpc(1)\nfunc a(): pass", "1:6: \"1\" is no argument of @rpc")]
    [InlineData("@rpc(\"any_peer\", \"call_local\", \"reliable\", \"0\")\nfunc a(): pass", "1:44: the fourth argument of @rpc is a number, the channel")]
    [InlineData("@rpc(\"any_peer\", \"call_local\", \"reliable\", 0, 1)\nfunc a(): pass", "1:1: @rpc takes at most 4 arguments, not 5")]
    [InlineData("@rpc(WHAT)\nfunc a(): pass", "1:6: WHAT is no constant of this script with a literal for its value")]
    [InlineData("@rpc(\"any\" + \"_peer\")\nfunc a(): pass", "1:6: an argument of @rpc must be a literal or a constant of this script")]
    [InlineData("@rpc([])\nfunc a(): pass", "1:6: an argument of @rpc must be a literal or a constant of this script")]
    [InlineData("\n@rpc\nvar x", "2:1: @rpc is for functions only")]
    [InlineData("\n@rpc\nclass A:\n\tpass", "2:1: @rpc is for functions only")]
    [InlineData("\n@rpc\n", "2:1: there is no function for this @rpc")]
    [InlineData("@rpc\n  @rpc func a(): pass", "1:1: there is no function for this @rpc")]
    [InlineData("@rpc @rpc func a(): pass", "1:6: a function can have one @rpc only")]
    [InlineData("func a(): pass\nfunc a(): pass", "2:6: there is a function a already")]
    [InlineData("@rpc\nfunc (): pass", "2:6: a function must have a name")]
    [InlineData("extends Node\nextends Node", "2:1: extends must stand once, with a path or a name")]
    [InlineData("extends", "1:1: extends must stand once, with a path or a name")]
    [InlineData("extends A.", "1:11: a name must follow")]
    [InlineData("class_name A\nclass_name B", "2:1: class_name must stand once, with a name")]
    [InlineData("var x = \"abc\n", "1:9: a string is open at the end")]
    [InlineData("var x = '''abc''\n", "1:9: a string is open at the end")]
    [InlineData("func a(:\n\tpass\n", "3:1: a bracket is open at the end")]
    [InlineData("func a)", "1:7: nothing is open that this ) could close")]
    [InlineData("var x = \\ 1", "1:9: a backslash that is not at the end of its line")]
    public void An_error_has_its_place(string text, string expected)
    {
        Assert.False(ScriptRpcs.TryParse(text, ScriptLimits.Default, out ScriptRpcs script, out ScriptError error));
        Assert.Equal(expected, error.ToString());
        Assert.True(script.Methods.IsEmpty);
    }

    [Fact]
    public void Limits_are_kept()
    {
        const string text = "@rpc func a(): pass\n@rpc func b(): pass\n";
        Assert.True(ScriptRpcs.TryParse(text, new(text.Length, 2), out _, out _));
        Assert.False(ScriptRpcs.TryParse(text, new(text.Length - 1, 2), out _, out ScriptError error));
        Assert.Contains("longer", error.Message);
        Assert.False(ScriptRpcs.TryParse(text, new(text.Length, 1), out _, out error));
        Assert.Equal(2, error.Line);
    }

    [Fact]
    public void Mutated_scripts_never_throw()
    {
        const string text =
            "@tool\nclass_name A extends \"res://b.gd\".C\nconst N := -3\n@rpc(\"any_peer\", 'call_local', &\"unreliable\", N)\nfunc a(x = {\n1: [2]}):\n\tpass # c\n" +
            "var s = \"\"\"x\n@rpc\\\"\"\"\"\n@rpc \\\nfunc b(): pass; pass\nclass D:\n\t@rpc func d(): pass\n";
        const string characters = "@()[]{}\"'\\\n\t #rfx_;.,=-+0e&^\r\0é🌳";
        SeededRandom random = new(5);
        int refused = 0;
        for (int i = 0; i < 20000; i++)
        {
            char[] mutated = text.ToCharArray();
            for (int k = random.Next(4); k >= 0; k--) mutated[random.Next(mutated.Length)] = characters[random.Next(characters.Length)];
            string cut = new(mutated, 0, random.Chance(0.2) ? random.Next(mutated.Length) : mutated.Length);
            if (!ScriptRpcs.TryParse(cut, ScriptLimits.Default, out _, out ScriptError error))
            {
                refused++;
                Assert.True(error.Line > 0 && error.Column > 0);
            }
        }

        Assert.InRange(refused, 4000, 19000);
    }

    private static ScriptRpcs Parse(string text)
    {
        Assert.True(ScriptRpcs.TryParse(text, ScriptLimits.Default, out ScriptRpcs script, out ScriptError error), error.ToString());
        return script;
    }
}
