using System.Collections.Immutable;
using System.Text;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Multiplayer;

public class RpcPacketTests
{
    private static readonly Variant Raw = ImmutableArray.Create<byte>(9, 8);
    private static readonly Variant EmptyRaw = ImmutableArray<byte>.Empty;

    public static TheoryData<string, uint, int, Variant[], bool> Golden() => new()
    {
        { "80 05 03", 5, 3, [], false },
        { "80 ff ff", 255, 255, [], false },
        { "d0 0001 0080", 256, 0x8000, [], false },
        { "a0 00000100 03", 65536, 3, [], false },
        { "a0 05000000 03", 5, 3, [], true },
        { "80 05 03 0908", 5, 3, [Raw], false },
        { "00 05 03 01 1d000000 00000000", 5, 3, [EmptyRaw], false },
        { "00 05 03 02 02ff 81", 5, 3, [-1, true], false },
        { "00 05 03 02 1d000000 02000000 09080000 01", 5, 3, [Raw, false], false },
        { "40 05 0001 01 04000000 03000000 68c3a900", 5, 256, ["hé"], false },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void A_call_by_cache_id_goes_both_ways(string hex, uint node, int method, Variant[] arguments, bool wideNode)
    {
        Bytes.AssertWrites(hex, w => RpcPacket.Write(w, node, (ushort)method, arguments, wideNode));
        Assert.True(RpcPacket.TryRead(Bytes.Of(hex), out RpcPacket read));
        Assert.Equal(node, read.Node);
        Assert.False(read.HasPath);
        Assert.Equal(method, read.Method);
        Assert.Equal(arguments.Length, read.ArgumentCount);
        Assert.True(Arguments.TryRead(read, VariantLimits.Peer, out ImmutableArray<Variant> values));
        Assert.Equal(arguments, values);
        Bytes.AssertWrites(hex, w =>
        {
            Assert.True(RpcPacket.TryRead(Bytes.Of(hex), out RpcPacket again));
            again.WriteTo(w, node, wideNode);
        });
    }

    public static TheoryData<string, string, int, Variant[]> GoldenPaths() => new()
    {
        { "a0 06000080 03 41 00", "A", 3, [] },
        { "a0 08000080 03 0908 412f42 00", "A/B", 3, [Raw] },
        { "20 09000080 03 01 0263 412f42 00", "A/B", 3, [99] },
        { "60 08000080 0001 00 2e 00", ".", 256, null! },
    };

    [Theory]
    [MemberData(nameof(GoldenPaths))]
    public void A_call_by_path_goes_both_ways(string hex, string path, int method, Variant[]? arguments)
    {
        // Nobody writes a count of no arguments; Godot would read it.
        if (arguments is not null) Bytes.AssertWrites(hex, w => RpcPacket.WriteWithPath(w, Encoding.UTF8.GetBytes(path), (ushort)method, arguments));
        Assert.True(RpcPacket.TryRead(Bytes.Of(hex), out RpcPacket read));
        Assert.True(read.HasPath);
        Assert.Equal(path, Encoding.UTF8.GetString(read.Path));
        Assert.Equal(0u, read.Node);
        Assert.Equal(method, read.Method);
        Assert.True(Arguments.TryRead(read, VariantLimits.Peer, out ImmutableArray<Variant> values));
        Assert.Equal(arguments ?? [], values);
        Bytes.AssertWrites(hex, w =>
        {
            Assert.True(RpcPacket.TryRead(Bytes.Of(hex), out RpcPacket again));
            again.WriteWithPathTo(w, again.Path);
        });
    }

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("80 05", "no method")]
    [InlineData("c0 05 03", "half a method")]
    [InlineData("90 05", "half a node")]
    [InlineData("a0 050000", "part of a node")]
    [InlineData("b0 05000000 03", "no such size of a node")]
    [InlineData("88 05 03", "an unknown flag")]
    [InlineData("00 05 03", "no count of arguments")]
    [InlineData("00 05 03 01", "an argument that is missing")]
    [InlineData("00 05 03 03 0101", "more arguments than bytes")]
    [InlineData("00 05 03 00 01", "bytes without an argument")]
    [InlineData("a0 05000080 03 41 00", "a path that begins within the head")]
    [InlineData("a0 00000080 03 41 00", "a path that begins at the start")]
    [InlineData("20 06000080 03 00 41 00", "a path that begins at the count")]
    [InlineData("a0 08000080 03 41 00", "a path that begins at the end")]
    [InlineData("a0 ffffffff 03 41 00", "a path that begins beyond the end")]
    [InlineData("a0 06000080 03 41", "a path without its zero")]
    [InlineData("a0 06000080 03 00", "an empty path")]
    [InlineData("a0 06000080 03 410041 00", "a zero within the path")]
    [InlineData("a0 06000080 03 c328 00", "a path that is not UTF-8")]
    [InlineData("81 05 03", "another command")]
    public void Another_form_is_refused(string hex, string why) => Assert.False(RpcPacket.TryRead(Bytes.Of(hex), out _), why);

    [Theory]
    [InlineData("00 05 03 01 0163", "a byte after the arguments")]
    [InlineData("00 05 03 02 01 02", "an argument that is cut off")]
    [InlineData("00 05 03 01 27000000", "a type that there is none of")]
    public void Arguments_in_another_form_are_refused(string hex, string why)
    {
        Assert.True(RpcPacket.TryRead(Bytes.Of(hex), out RpcPacket read));
        Assert.False(Arguments.TryRead(read, VariantLimits.Peer, out ImmutableArray<Variant> values), why);
        Assert.True(values.IsEmpty);
    }

    [Fact]
    public void A_call_carries_at_most_255_arguments()
    {
        Variant[] most = [.. Enumerable.Repeat((Variant)true, Arguments.CountMax)];
        ByteWriter writer = new();
        RpcPacket.Write(writer, 1, 1, most);
        Assert.True(RpcPacket.TryRead(writer.Written, out RpcPacket read));
        Assert.Equal(255, read.ArgumentCount);
        Assert.Throws<InvariantViolation>(() => RpcPacket.Write(new(), 1, 1, [.. most, true]));
    }
}
