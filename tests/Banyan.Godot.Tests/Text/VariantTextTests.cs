using Banyan.Godot.Tests.Variants;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Text;

public class VariantTextTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("-9223372036854775808")]
    [InlineData("1.0")]
    [InlineData("0.1")]
    [InlineData("0.0001")]
    [InlineData("1e-05")]
    [InlineData("-1.0268e-07")]
    [InlineData("123456790000.0")]
    [InlineData("1e+15")]
    [InlineData("1.5e+300")]
    [InlineData("inf")]
    [InlineData("inf_neg")]
    [InlineData("nan")]
    [InlineData("\"a \\\"quoted\\\" \\\\ 'text'\nin two lines\"")]
    [InlineData("&\"it\\'s\\n\"")]
    [InlineData("NodePath(\"../A:position:x\")")]
    [InlineData("NodePath(\"\")")]
    [InlineData("Vector3(1, 2.5, -3)")]
    [InlineData("Vector2i(1, -2)")]
    [InlineData("Color(1, 0.5, 0, 1)")]
    [InlineData("AABB(0, 0, 0, 1, 1, 1)")]
    [InlineData("Transform3D(1, 0, 0, 0, 1, 0, 0, 0, 1, 1e-07, inf, 0.70710677)")]
    [InlineData("PackedByteArray(1, 2, 255)")]
    [InlineData("PackedByteArray()")]
    [InlineData("PackedStringArray(\"a\", \"b\\tc\")")]
    [InlineData("PackedVector2Array(1, 2, 3, 4)")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[1, [2.0, null], \"x\"]")]
    [InlineData("{\n\"a\": 1,\n\"b\": [Vector2(0, 0)]\n}")]
    [InlineData("Array[int]([1, 2])")]
    [InlineData("Array[Node3D]([null])")]
    [InlineData("Array[Resource(\"res://a.gd\")]([])")]
    [InlineData("Array[Resource]([Resource(\"res://a.tres\")])")]
    [InlineData("Dictionary[String, int]({\n\"a\": 1\n})")]
    [InlineData("Dictionary[Variant, ExtResource(\"1_a\")]({})")]
    [InlineData("Object(BoxShape3D,\"size\":Vector3(1, 2, 3),\"x\":[])")]
    [InlineData("Object(BoxShape3D,)")]
    [InlineData("Resource(\"res://icon.png\")")]
    [InlineData("Resource(\"uid://abc\", \"res://icon.png\")")]
    [InlineData("SubResource(\"Shape_1\")")]
    [InlineData("RID()")]
    [InlineData("RID(7)")]
    [InlineData("Callable()")]
    [InlineData("Signal()")]
    public void Godots_text_reads_and_is_written_again_letter_for_letter(string text)
    {
        Assert.True(VariantText.TryParse(text, null, out Variant value, out VariantTextError error), error.ToString());
        Assert.Equal(text, VariantText.Write(value));
    }

    [Theory]
    [InlineData("#ff0000", "Color(1, 0, 0, 1)")]
    [InlineData("#f008", "Color(1, 0, 0, 0.53333336)")]
    [InlineData("@\"old\"", "&\"old\"")]
    [InlineData("\"\\u00e9\\U01F333\\ud83c\\udf33\"", "\"é\U0001F333\U0001F333\"")]
    [InlineData("PackedByteArray(\"AQL/\")", "PackedByteArray(1, 2, 255)")]
    [InlineData("[1, 2,]", "[1, 2]")]
    [InlineData("{\"a\": 1,}", "{\n\"a\": 1\n}")]
    [InlineData("{&\"b\": 1, 3: 2, \"a\": 3}", "{\n3: 2,\n\"a\": 3,\n&\"b\": 1\n}")]
    [InlineData(" ; a comment\n 5 ; another", "5")]
    [InlineData("-inf", "inf_neg")]
    [InlineData("99999999999999999999", "9223372036854775807")]
    [InlineData("Array[float]([1, 2])", "Array[float]([1.0, 2.0])")]
    [InlineData("Vector2i(1.9, -1.9)", "Vector2i(1, -1)")]
    [InlineData("Array[Variant]([1])", "[1]")]
    [InlineData("1.", "1.0")]
    [InlineData("-0.0", "0.0")]
    [InlineData("SubResource(3)", "SubResource(\"3\")")]
    [InlineData("Quat(0, 0, 0, 1)", "Quaternion(0, 0, 0, 1)")]
    public void Other_spellings_that_Godot_takes_are_taken(string text, string written)
    {
        Assert.True(VariantText.TryParse(text, null, out Variant value, out VariantTextError error), error.ToString());
        Assert.Equal(written, VariantText.Write(value));
    }

    [Theory]
    [InlineData("", 1, 1, "expected a value before the end")]
    [InlineData("[1,\n 2", 1, 1, "an array without an end")]
    [InlineData("[1\n 2]", 2, 2, "expected ',' or ']'")]
    [InlineData("{\n\"a\" 1}", 2, 5, "expected ':'")]
    [InlineData("Vector2(1)", 1, 1, "Vector2 with 1 arguments")]
    [InlineData("Vector2(1, x)", 1, 12, "expected a number")]
    [InlineData("\"abc", 1, 1, "a string without an end")]
    [InlineData("\"a\\u12x4\"", 1, 5, "a malformed escape in a string")]
    [InlineData("\"\\ud83c\"", 1, 1, "a surrogate without its pair in a string")]
    [InlineData("1 2", 1, 3, "text after the value")]
    [InlineData("Fancy(1)", 1, 1, "unexpected identifier 'Fancy'")]
    [InlineData("[$]", 1, 2, "unexpected character '$'")]
    [InlineData("Array[int]([\"a\"])", 1, 1, "an item that is not of the array's type")]
    [InlineData("#12345", 1, 1, "a color needs 3, 4, 6 or 8 hexadecimal digits")]
    public void An_error_names_its_place(string text, int line, int column, string message)
    {
        Assert.False(VariantText.TryParse(text, null, out _, out VariantTextError error));
        Assert.Equal(new VariantTextError(line, column, message), error);
    }

    [Fact]
    public void A_float_that_is_exactly_a_float32_gets_the_digits_of_one_as_in_Godot()
    {
        Assert.Equal("0.1", VariantText.Write((double)0.1f));
        Assert.Equal("3.4e+38", VariantText.Write((double)3.4e38f));
        Assert.Equal("0.10000000000000002", VariantText.Write(0.10000000000000002));
    }

    [Fact]
    public void The_newest_form_has_bytes_in_base64_and_a_negative_infinity()
    {
        Assert.True(VariantText.TryParse("[PackedByteArray(1, 2, 255), inf_neg]", null, out Variant value, out _));
        Assert.Equal("[PackedByteArray(\"AQL/\"), -inf]", VariantText.Write(value, VariantTextForm.Newest));
    }

    [Fact]
    public void A_resolver_says_what_a_reference_stands_for_or_that_there_is_none()
    {
        ResourceResolver resolver = (ObjectRef reference, out ObjectRef? resolved) =>
        {
            resolved = new ResourceRef("res://found.png");
            return reference is SectionRef { Id: "1" };
        };
        Assert.True(VariantText.TryParse("[ExtResource(\"1\")]", resolver, out Variant value, out _));
        Assert.Equal("[Resource(\"res://found.png\")]", VariantText.Write(value));
        Assert.False(VariantText.TryParse("[ExtResource(\"2\")]", resolver, out _, out VariantTextError error));
        Assert.Equal(new VariantTextError(1, 2, "no ext_resource has the id \"2\""), error);
    }

    [Fact]
    public void Random_values_come_back_as_they_were()
    {
        RandomVariants variants = new(new SeededRandom(3));
        for (int i = 0; i < 5000; i++)
        {
            Variant value = variants.Next();
            string text = VariantText.Write(value, i % 2 == 0 ? VariantTextForm.Compatible : VariantTextForm.Newest);
            Assert.True(VariantText.TryParse(text, null, out Variant parsed, out VariantTextError error), error + "\n" + text);
            Assert.Equal(text, VariantText.Write(parsed, i % 2 == 0 ? VariantTextForm.Compatible : VariantTextForm.Newest));
            // A null object is written as Godot writes it: as null.
            if (!text.Contains("null", StringComparison.Ordinal)) Assert.True(value == parsed, text);
        }
    }

    [Fact]
    public void Mutated_text_never_throws()
    {
        SeededRandom random = new(4);
        RandomVariants variants = new(random);
        const string Odd = "\"'\\()[]{},:=&#;-.eE0 \n\0u9A";
        int refused = 0;
        for (int i = 0; i < 4000; i++)
        {
            char[] text = VariantText.Write(variants.Next()).ToCharArray();
            for (int k = random.Next(4); k >= 0 && text.Length > 0; k--) text[random.Next(text.Length)] = Odd[random.Next(Odd.Length)];
            if (!VariantText.TryParse(new string(text), null, out _, out VariantTextError error))
            {
                refused++;
                Assert.True(error.Line >= 1 && error.Column >= 1 && error.Message.Length > 0);
            }
        }

        Assert.InRange(refused, 500, 3900);
    }

    [Fact]
    public void Nesting_beyond_the_limit_is_refused()
    {
        Assert.False(VariantText.TryParse(new string('[', 100_000), null, out _, out VariantTextError error));
        Assert.Equal("values nested deeper than 100", error.Message);
    }
}
