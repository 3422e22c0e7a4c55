using Banyan.Godot.Multiplayer;

namespace Banyan.Godot.Tests.Multiplayer;

public class RpcMethodsTests
{
    [Fact]
    public void Methods_are_numbered_in_order_of_code_points()
    {
        RpcMethods methods = Of([], ["b", "B", "a_long", "a", "_z", "\U0001F333", "\uFF5E"]);
        Assert.Equal(["B", "_z", "a", "a_long", "b", "\uFF5E", "\U0001F333"], methods.OfScript.Select(m => m.Name));
        Assert.True(methods.TryGetId("a_long", out ushort id));
        Assert.Equal(3, id);
        Assert.True(methods.TryGetMethod(3, out RpcMethod method));
        Assert.Equal("a_long", method.Name);
    }

    [Fact]
    public void The_nodes_own_methods_have_the_high_bit_and_come_first_in_the_digest()
    {
        RpcMethods methods = Of(["z", "y"], ["a"]);
        Assert.True(methods.TryGetId("z", out ushort id));
        Assert.Equal(0x8001, id);
        Assert.True(methods.TryGetMethod(0x8000, out RpcMethod y));
        Assert.Equal("y", y.Name);
        Assert.True(methods.TryGetMethod(0, out RpcMethod a));
        Assert.Equal("a", a.Name);
        // MD5 of "yza".
        Assert.Equal("2594475cae3b6722773d4f480057d113", methods.Md5);
    }

    [Fact]
    public void A_name_in_both_is_called_by_the_scripts_number_and_answered_by_both()
    {
        RpcMethods methods = Of(["a"], ["a"]);
        Assert.True(methods.TryGetId("a", out ushort id));
        Assert.Equal(0, id);
        Assert.True(methods.TryGetMethod(0x8000, out _));
    }

    [Fact]
    public void The_digest_is_that_of_all_names_and_of_none()
    {
        Assert.Equal("d41d8cd98f00b204e9800998ecf8427e", RpcMethods.None.Md5);
        Assert.Equal("900150983cd24fb0d6963f7d28e17f72", Of([], ["c", "a", "b"]).Md5);
    }

    [Fact]
    public void What_is_not_there_is_not_found()
    {
        RpcMethods methods = Of([], ["a"]);
        Assert.False(methods.TryGetId("b", out _));
        Assert.False(methods.TryGetMethod(1, out RpcMethod none));
        Assert.Equal(RpcMode.Disabled, none.Mode);
        Assert.False(methods.TryGetMethod(0x8000, out _));
        Assert.False(methods.TryGetMethod(0xFFFF, out _));
    }

    [Fact]
    public void A_name_twice_in_one_list_and_a_list_that_is_too_long_are_refused()
    {
        Assert.False(RpcMethods.TryCreate([], [new("a"), new("a")], out _));
        Assert.False(RpcMethods.TryCreate([new("a"), new("a")], [], out _));
        Assert.False(RpcMethods.TryCreate([], Enumerable.Range(0, RpcMethods.CountMax + 1).Select(i => new RpcMethod("m" + i)), out _));
    }

    private static RpcMethods Of(string[] ofNode, string[] ofScript)
    {
        Assert.True(RpcMethods.TryCreate(ofNode.Select(n => new RpcMethod(n)), ofScript.Select(n => new RpcMethod(n)), out RpcMethods methods));
        return methods;
    }
}
