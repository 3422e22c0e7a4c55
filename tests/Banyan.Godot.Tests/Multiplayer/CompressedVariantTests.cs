using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Tests.Variants;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Multiplayer;

public class CompressedVariantTests
{
    public static TheoryData<string, string> Golden() => new()
    {
        { "false", "01" },
        { "true", "81" },
        { "0", "02 00" },
        { "-128", "02 80" },
        { "127", "02 7f" },
        { "128", "42 8000" },
        { "-129", "42 7fff" },
        { "-32768", "42 0080" },
        { "32768", "82 00800000" },
        { "-2147483648", "82 00000080" },
        { "2147483648", "c2 0000008000000000" },
        { "-9223372036854775808", "c2 0000000000000080" },
        { "null", "00000000" },
        { "0.5", "03000000 0000003f" },
        { "Vector2(1, -2)", "05000000 0000803f 000000c0" },
        { "[true, 1]", "1c000000 02000000 01000000 01000000 02000000 01000000" },
        { "&\"a\"", "15000000 01000000 61000000" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Bytes_are_those_of_Godot_both_ways(string text, string hex)
    {
        Assert.True(VariantText.TryParse(text, null, out Variant value, out VariantTextError error), error.ToString());
        Bytes.AssertWrites(hex, w => CompressedVariant.Write(w, value));
        Assert.True(CompressedVariant.TryRead(Bytes.Of(hex), VariantLimits.Peer, out Variant read));
        Assert.Equal(value, read);
    }

    [Fact]
    public void An_integer_may_come_wider_than_need_be()
    {
        foreach (string hex in (string[])["02ff", "42ffff", "82ffffffff", "c2ffffffffffffffff"])
        {
            Assert.True(CompressedVariant.TryRead(Bytes.Of(hex), VariantLimits.Peer, out Variant read));
            Assert.Equal((Variant)(-1), read);
        }
    }

    [Fact]
    public void A_null_object_is_read_as_Godot_sends_it_and_written_as_Godot_can_read_it()
    {
        Assert.True(CompressedVariant.TryRead(Bytes.Of("18000000"), VariantLimits.Peer, out Variant read));
        Assert.Equal(Variant.FromObject(null), read);
        Assert.True(State.TryRead(Bytes.Of("18000000 0205"), 2, VariantLimits.Peer, out ImmutableArray<Variant> values));
        Assert.Equal([Variant.FromObject(null), (Variant)5], values);
        Bytes.AssertWrites("00000000", w => CompressedVariant.Write(w, Variant.FromObject(null)));
        Bytes.AssertWrites("18000100 0700000000000000", w => CompressedVariant.Write(w, Variant.FromObject(new EncodedObject(7))));
    }

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("41", "a bool with bit 6")]
    [InlineData("02", "no integer")]
    [InlineData("4200", "half an integer")]
    [InlineData("82000000", "part of an integer")]
    [InlineData("c200000000000000", "part of a wide integer")]
    [InlineData("43000000 0000003f", "a width where there is none")]
    [InlineData("27000000", "a type that there is none of")]
    [InlineData("3f000000", "the last type that there is none of")]
    [InlineData("180000", "part of a null object")]
    [InlineData("18000200", "an object with its content")]
    [InlineData("0201 00", "a byte too many")]
    [InlineData("04000000 02000000 c3280000", "text that is not UTF-8")]
    public void Another_form_is_refused(string hex, string why)
    {
        Assert.False(CompressedVariant.TryRead(Bytes.Of(hex), VariantLimits.Peer, out Variant read), why);
        Assert.True(read.IsNil);
    }

    [Fact]
    public void Nesting_beyond_the_limit_is_refused()
    {
        Variant value = new VariantArray([]);
        for (int i = 0; i < 5; i++) value = new VariantArray([value]);
        ByteWriter writer = new();
        CompressedVariant.Write(writer, value);
        Assert.True(CompressedVariant.TryRead(writer.Written, new VariantLimits(DepthMax: 5), out _));
        Assert.False(CompressedVariant.TryRead(writer.Written, new VariantLimits(DepthMax: 4), out _));
    }

    [Fact]
    public void A_state_is_exactly_as_many_values_as_asked_for()
    {
        Bytes.AssertWrites("81 0205 00000000", w => State.Write(w, [true, 5, default]));
        byte[] bytes = Bytes.Of("81 0205 00000000");
        Assert.True(State.TryRead(bytes, 3, VariantLimits.Peer, out ImmutableArray<Variant> values));
        Assert.Equal([(Variant)true, (Variant)5, default], values);
        Assert.False(State.TryRead(bytes, 2, VariantLimits.Peer, out values));
        Assert.True(values.IsEmpty);
        Assert.False(State.TryRead(bytes, 4, VariantLimits.Peer, out _));
        Assert.False(State.TryRead(bytes, int.MaxValue, VariantLimits.Peer, out _));
        Assert.True(State.TryRead([], 0, VariantLimits.Peer, out values));
        Assert.True(values.IsEmpty);
    }

    [Fact]
    public void Random_states_come_back_as_they_were()
    {
        SeededRandom random = new(1);
        RandomVariants variants = new(random);
        ByteWriter writer = new();
        for (int i = 0; i < 3000; i++)
        {
            Variant[] state = [.. Enumerable.Range(0, random.Next(5)).Select(_ => WireVariants.Next(variants))];
            writer.Clear();
            State.Write(writer, state);
            Assert.True(State.TryRead(writer.Written, state.Length, VariantLimits.Peer, out ImmutableArray<Variant> read));
            Assert.Equal(state, read);
        }
    }
}
