using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Variants;

public class VariantBinaryTests
{
    public static TheoryData<string, string> Golden() => new()
    {
        { "\"hé\"", "040000000300000068c3a900" },
        { "0.1", "030001009a9999999999b93f" },
        { "0.5", "030000000000003f" },
        { "null", "00000000" },
        { "true", "0100000001000000" },
        { "-2", "02000000feffffff" },
        { "4294967296", "020001000000000001000000" },
        { "Vector2(1, -2)", "050000000000803f000000c0" },
        { "Vector3i(1, 2, 3)", "0a000000010000000200000003000000" },
        { "&\"a\"", "150000000100000061000000" },
        { "NodePath(\"/a:b\")", "160000000100008001000000010000000100000061000000" + "0100000062000000" },
        { "Array[int]([1])", "1c00010002000000010000000200000001000000" },
        { "[null]", "1c0000000100000000000000" },
        { "Dictionary[String, int]({\"k\": 1})", "1b00050004000000020000000100000004000000010000006b0000000200000001000000" },
        { "PackedByteArray(1, 2, 3, 4, 5)", "1d000000050000000102030405000000" },
        { "PackedStringArray(\"abc\")", "22000000010000000400000061626300" },
        { "PackedInt64Array(-1)", "1f00000001000000ffffffffffffffff" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Bytes_are_those_of_Godot_both_ways(string text, string hex)
    {
        Variant value = TextOf(text);
        ByteWriter writer = new();
        VariantBinary.Encode(writer, value);
        Assert.Equal(hex, Convert.ToHexStringLower(writer.Written));
        Assert.True(TryDecode(writer.Written, VariantLimits.Peer, out Variant decoded));
        Assert.Equal(value, decoded);
    }

    [Fact]
    public void Random_values_come_back_as_they_were()
    {
        RandomVariants variants = new(new SeededRandom(1));
        ByteWriter writer = new();
        for (int i = 0; i < 5000; i++)
        {
            Variant value = variants.Next();
            writer.Clear();
            VariantBinary.Encode(writer, value, fullObjects: true);
            Assert.Equal(0, writer.Length % 4);
            Assert.True(TryDecode(writer.Written, VariantLimits.Stored, out Variant decoded));
            Assert.True(value == decoded, VariantText.Write(value));
            Assert.Equal(value.GetHashCode(), decoded.GetHashCode());
        }
    }

    [Fact]
    public void A_double_precision_build_is_understood()
    {
        Assert.True(TryDecode(Convert.FromHexString("05000100000000000000f03f00000000000000c0"), VariantLimits.Peer, out Variant value));
        Assert.Equal((Variant)new Vector2(1, -2), value);
        Assert.True(TryDecode(Convert.FromHexString("2300010001000000000000000000f03f00000000000000c0"), VariantLimits.Peer, out value));
        Assert.Equal([new Vector2(1, -2)], value.AsVector2s());
    }

    [Fact]
    public void What_has_no_object_id_is_nil_on_the_wire()
    {
        ByteWriter writer = new();
        VariantBinary.Encode(writer, Variant.FromObject(new ResourceRef("res://a.png")));
        VariantBinary.Encode(writer, Variant.FromObject(null));
        VariantBinary.Encode(writer, Variant.FromObject(new EncodedObject(7)));
        Assert.Equal("0000000000000000180001000700000000000000", Convert.ToHexStringLower(writer.Written));
    }

    [Fact]
    public void A_peers_full_object_is_refused()
    {
        ByteWriter writer = new();
        VariantBinary.Encode(writer, Variant.FromObject(new InlineObject("Node", [])), fullObjects: true);
        Assert.False(TryDecode(writer.Written, VariantLimits.Peer, out _));
        Assert.True(TryDecode(writer.Written, VariantLimits.Stored, out _));
    }

    [Fact]
    public void Nesting_beyond_the_limit_is_refused()
    {
        Variant value = new VariantArray([]);
        for (int i = 0; i < 50; i++) value = new VariantArray([value]);
        ByteWriter writer = new();
        VariantBinary.Encode(writer, value);
        Assert.True(TryDecode(writer.Written, new VariantLimits(DepthMax: 50), out _));
        Assert.False(TryDecode(writer.Written, new VariantLimits(DepthMax: 49), out _));
    }

    [Theory]
    [InlineData("1c000000ffffff7f")]
    [InlineData("1b000000ffffff7f")]
    [InlineData("1d000000ffffffff")]
    [InlineData("26000000ffffffff")]
    [InlineData("22000000ffffffff")]
    [InlineData("04000000ffffffff")]
    [InlineData("16000000ffffffffffffffff00000000")]
    [InlineData("27000000")]
    [InlineData("0400000002000000c3280000")]
    [InlineData("1600000001000000")]
    public void A_length_that_the_bytes_cannot_hold_or_a_bad_form_is_refused(string hex) =>
        Assert.False(TryDecode(Convert.FromHexString(hex), VariantLimits.Stored, out _));

    [Fact]
    public void Mutated_bytes_never_throw()
    {
        SeededRandom random = new(2);
        RandomVariants variants = new(random);
        ByteWriter writer = new();
        int refused = 0;
        for (int i = 0; i < 4000; i++)
        {
            writer.Clear();
            VariantBinary.Encode(writer, variants.Next(), fullObjects: true);
            for (int m = 0; m < 4; m++)
            {
                byte[] bytes = writer.ToArray();
                for (int k = random.Next(3); k >= 0; k--)
                    bytes[random.Next(bytes.Length)] = random.Chance(0.3) ? (byte)0xFF : (byte)random.Next(256);
                if (random.Chance(0.3)) bytes = bytes[..random.Next(bytes.Length)];
                if (!TryDecode(bytes, VariantLimits.Stored, out Variant decoded)) refused++;
                else VariantText.Write(decoded);
            }
        }

        Assert.InRange(refused, 1000, 15000);
    }

    private static Variant TextOf(string text)
    {
        Assert.True(VariantText.TryParse(text, null, out Variant value, out VariantTextError error), error.ToString());
        return value;
    }

    private static bool TryDecode(ReadOnlySpan<byte> bytes, VariantLimits limits, out Variant value)
    {
        ByteReader reader = new(bytes);
        return VariantBinary.TryDecode(ref reader, limits, out value) && reader.IsAtEnd;
    }
}
