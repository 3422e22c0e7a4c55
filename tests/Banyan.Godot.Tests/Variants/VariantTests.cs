using System.Collections.Immutable;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Variants;

public class VariantTests
{
    [Fact]
    public void Every_type_has_a_default_that_equals_itself_and_no_other_types_default()
    {
        for (int a = 0; a < VariantTypeNames.Count; a++)
        {
            Variant value = Variant.DefaultOf((VariantType)a);
            Assert.Equal((VariantType)a, value.Type);
            for (int b = 0; b < VariantTypeNames.Count; b++)
                Assert.Equal(a == b, value == Variant.DefaultOf((VariantType)b));
        }
    }

    [Fact]
    public void There_are_39_types_and_each_name_finds_its_type()
    {
        Assert.Equal(39, VariantTypeNames.Count);
        for (int i = 0; i < VariantTypeNames.Count; i++)
        {
            Assert.True(VariantTypeNames.TryFind(VariantTypeNames.Of((VariantType)i), out VariantType found));
            Assert.Equal((VariantType)i, found);
        }
    }

    [Fact]
    public void Numbers_of_two_types_differ_though_their_values_agree()
    {
        Assert.NotEqual((Variant)1L, (Variant)1.0);
        Assert.NotEqual((Variant)"a", (Variant)new StringName("a"));
    }

    [Fact]
    public void NaN_equals_itself_and_zero_equals_negative_zero_with_equal_hashes()
    {
        Assert.Equal((Variant)double.NaN, (Variant)(-double.NaN));
        Assert.Equal((Variant)0.0, (Variant)(-0.0));
        Assert.Equal(((Variant)0.0).GetHashCode(), ((Variant)(-0.0)).GetHashCode());
        Variant a = new Vector3(0f, float.NaN, 1), b = new Vector3(-0f, float.NaN, 1);
        Assert.Equal(a, b);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
    }

    [Fact]
    public void What_goes_in_comes_out()
    {
        Assert.Equal(new Vector4I(1, -2, 3, int.MinValue), ((Variant)new Vector4I(1, -2, 3, int.MinValue)).AsVector4I());
        Assert.Equal(new Rect2(new(1, 2), new(3, 4)), ((Variant)new Rect2(new(1, 2), new(3, 4))).AsRect2());
        Assert.Equal(long.MinValue, ((Variant)long.MinValue).AsInt());
        Assert.True(((Variant)true).AsBool());
        ImmutableArray<double> doubles = [1, double.PositiveInfinity];
        Assert.Equal(doubles, ((Variant)doubles).AsFloat64s());
    }

    [Fact]
    public void Reading_a_value_as_another_type_breaks_an_invariant()
    {
        Variant value = 1L;
        Assert.Throws<InvariantViolation>(() => value.AsFloat());
        Assert.Throws<InvariantViolation>(() => value.AsArray());
    }

    [Fact]
    public void Dictionaries_are_equal_in_whatever_order_and_take_both_kinds_of_text_as_one_key()
    {
        VariantDictionary ab = VariantDictionary.Of([new("a", 1L), new("b", 2L)]);
        VariantDictionary ba = VariantDictionary.Of([new("b", 2L), new("a", 1L)]);
        Assert.Equal((Variant)ab, (Variant)ba);
        Assert.Equal(ab.GetHashCode(), ba.GetHashCode());
        Assert.True(ab.TryGet(new StringName("a"), out Variant one));
        Assert.Equal((Variant)1L, one);
        Assert.Single(VariantDictionary.Of([new("a", 1L), new(new StringName("a"), 2L)]).Pairs);
    }

    [Fact]
    public void Typed_arrays_convert_what_fits_and_refuse_the_rest()
    {
        Assert.True(VariantArray.TryCreate([1L, 2.5], new ElementType(VariantType.Float), out VariantArray floats));
        Assert.Equal([1.0, 2.5], floats.Items.Select(i => i.AsFloat()));
        Assert.False(VariantArray.TryCreate(["x"], new ElementType(VariantType.Int), out _));
    }
}
