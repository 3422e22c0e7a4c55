using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Text;

/// <summary>Reads values out of tokens. Errors are the lexer's: on false, see there.</summary>
internal sealed class VariantTextParser(VariantLexer lexer, ResourceResolver? resolver, VariantLimits limits)
{
    public bool TryValue(out Variant value) => TryValue(lexer.Next(), 0, out value);

    private bool TryValue(Token token, int depth, out Variant value)
    {
        value = default;
        if (depth > limits.DepthMax) return Fail(token, $"values nested deeper than {limits.DepthMax}");
        switch (token.Kind)
        {
            case TokenKind.CurlyOpen: return TryDictionary(ElementType.Any, ElementType.Any, token, depth, out value);
            case TokenKind.BracketOpen: return TryArray(ElementType.Any, token, depth, out value);
            case TokenKind.String: value = token.Text; return true;
            case TokenKind.StringName: value = new StringName(token.Text); return true;
            case TokenKind.Number: value = NumberOf(token.Text); return true;
            case TokenKind.Color: return TryHexColor(token, out value);
            case TokenKind.Identifier: return TryIdentifier(token, depth, out value);
            case TokenKind.Bad: return false;
            case TokenKind.End: return Fail(token, "expected a value before the end");
            default: return Fail(token, "expected a value");
        }
    }

    private bool TryIdentifier(Token token, int depth, out Variant value)
    {
        value = default;
        switch (token.Text)
        {
            case "true": value = true; return true;
            case "false": value = false; return true;
            case "null" or "nil": return true;
            case "NodePath":
                if (!Expect(TokenKind.ParenthesisOpen, "'('") || !TryText(out string path)) return false;
                value = NodePath.Parse(path);
                return Expect(TokenKind.ParenthesisClose, "')'");
            case "RID": return TryRid(out value);
            case "Signal":
                value = new SignalRef("", 0);
                return Expect(TokenKind.ParenthesisOpen, "'('") && Expect(TokenKind.ParenthesisClose, "')'");
            case "Callable":
                value = Variant.EmptyCallable;
                return Expect(TokenKind.ParenthesisOpen, "'('") && Expect(TokenKind.ParenthesisClose, "')'");
            case "Object": return TryObject(depth, out value);
            case "Resource" or "SubResource" or "ExtResource":
                if (!Expect(TokenKind.ParenthesisOpen, "'('") || !TryReference(token, out ObjectRef? reference)) return false;
                value = Variant.FromObject(reference);
                return true;
            case "Array": return TryTypedArray(token, depth, out value);
            case "Dictionary": return TryTypedDictionary(token, depth, out value);
            case "PackedByteArray" or "PoolByteArray": return TryBytes(out value);
            case "PackedStringArray" or "PoolStringArray": return TryStrings(out value);
        }

        if (TryNonFinite(token.Text, out double real))
        {
            value = real;
            return true;
        }

        return TryConstructor(token, out value);
    }

    private bool TryConstructor(Token token, out Variant value)
    {
        value = default;
        switch (token.Text)
        {
            case "Vector2i" or "Rect2i" or "Vector3i" or "Vector4i" or "PackedInt32Array" or "PoolIntArray" or "PackedInt64Array":
                return TryWholeNumbers(out List<long> whole) && (TryMakeWhole(token.Text, whole, out value) || Fail(token, $"{token.Text} with {whole.Count} arguments"));
            case "PackedFloat64Array":
                if (!TryNumbers(double.Parse, out List<double> doubles)) return false;
                value = (ImmutableArray<double>)[.. doubles];
                return true;
            case "Vector2" or "Rect2" or "Vector3" or "Transform2D" or "Vector4" or "Plane" or "Quaternion" or "Quat" or "AABB" or
                 "Basis" or "Transform3D" or "Transform" or "Projection" or "Color" or "PackedFloat32Array" or "PoolRealArray" or
                 "PackedVector2Array" or "PoolVector2Array" or "PackedVector3Array" or "PoolVector3Array" or "PackedColorArray" or
                 "PoolColorArray" or "PackedVector4Array":
                return TryNumbers(float.Parse, out List<float> reals) && (TryMakeReal(token.Text, CollectionsMarshal.AsSpan(reals), out value) || Fail(token, $"{token.Text} with {reals.Count} arguments"));
            default:
                return Fail(token, $"unexpected identifier '{token.Text}'");
        }
    }

    private static bool TryMakeWhole(string name, List<long> n, out Variant value)
    {
        Variant? made = (name, n.Count) switch
        {
            ("Vector2i", 2) => new Vector2I(I(0), I(1)),
            ("Vector3i", 3) => new Vector3I(I(0), I(1), I(2)),
            ("Vector4i", 4) => new Vector4I(I(0), I(1), I(2), I(3)),
            ("Rect2i", 4) => new Rect2I(new(I(0), I(1)), new(I(2), I(3))),
            ("PackedInt64Array", _) => (ImmutableArray<long>)[.. n],
            ("PackedInt32Array" or "PoolIntArray", _) => (ImmutableArray<int>)[.. n.Select(x => unchecked((int)x))],
            _ => null,
        };
        value = made ?? default;
        return made is not null;

        int I(int i) => unchecked((int)n[i]);
    }

    private static bool TryMakeReal(string name, ReadOnlySpan<float> n, out Variant value)
    {
        Variant? made = (name, n.Length) switch
        {
            ("Vector2", 2) => V2(n, 0),
            ("Vector3", 3) => V3(n, 0),
            ("Vector4", 4) => V4(n, 0),
            ("Rect2", 4) => new Rect2(V2(n, 0), V2(n, 2)),
            ("Transform2D", 6) => new Transform2D(V2(n, 0), V2(n, 2), V2(n, 4)),
            ("Plane", 4) => new Plane(V3(n, 0), n[3]),
            ("Quaternion" or "Quat", 4) => new Quaternion(n[0], n[1], n[2], n[3]),
            ("AABB", 6) => new Aabb(V3(n, 0), V3(n, 3)),
            ("Basis", 9) => new Basis(V3(n, 0), V3(n, 3), V3(n, 6)),
            ("Transform3D" or "Transform", 12) => new Transform3D(new Basis(V3(n, 0), V3(n, 3), V3(n, 6)), V3(n, 9)),
            ("Projection", 16) => new Projection(V4(n, 0), V4(n, 4), V4(n, 8), V4(n, 12)),
            ("Color", 4) => new Color(n[0], n[1], n[2], n[3]),
            ("PackedFloat32Array" or "PoolRealArray", _) => (ImmutableArray<float>)[.. n],
            // Numbers left over at the end are dropped, as Godot does.
            ("PackedVector2Array" or "PoolVector2Array", _) => Many(n, 2, V2),
            ("PackedVector3Array" or "PoolVector3Array", _) => Many(n, 3, V3),
            ("PackedVector4Array", _) => Many(n, 4, V4),
            ("PackedColorArray" or "PoolColorArray", _) => Many(n, 4, (r, i) => new Color(r[i], r[i + 1], r[i + 2], r[i + 3])),
            _ => null,
        };
        value = made ?? default;
        return made is not null;
    }

    private static Vector2 V2(ReadOnlySpan<float> n, int i) => new(n[i], n[i + 1]);

    private static Vector3 V3(ReadOnlySpan<float> n, int i) => new(n[i], n[i + 1], n[i + 2]);

    private static Vector4 V4(ReadOnlySpan<float> n, int i) => new(n[i], n[i + 1], n[i + 2], n[i + 3]);

    private delegate T Maker<T>(ReadOnlySpan<float> numbers, int at);

    private static ImmutableArray<T> Many<T>(ReadOnlySpan<float> n, int each, Maker<T> make)
    {
        var items = new T[n.Length / each];
        for (int i = 0; i < items.Length; i++) items[i] = make(n, i * each);
        return ImmutableCollectionsMarshal.AsImmutableArray(items);
    }

    private delegate T RealParser<T>(ReadOnlySpan<char> text, NumberStyles style, IFormatProvider? provider);

    private bool TryNumbers<T>(RealParser<T> parse, out List<T> numbers)
    {
        numbers = [];
        if (!Expect(TokenKind.ParenthesisOpen, "'('")) return false;
        for (Token token = lexer.Next(); ; token = lexer.Next())
        {
            if (token.Kind == TokenKind.ParenthesisClose && numbers.Count == 0) return true;
            if (token.Kind == TokenKind.Number)
                numbers.Add(parse(FloatDigits(token.Text), NumberStyles.Float, CultureInfo.InvariantCulture));
            else if (token.Kind == TokenKind.Identifier && TryNonFinite(token.Text, out double real))
                numbers.Add(parse(real.ToString(CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture));
            else
                return Fail(token, "expected a number");
            if (!TrySeparator(out bool closed)) return false;
            if (closed) return true;
        }
    }

    private bool TryWholeNumbers(out List<long> numbers)
    {
        numbers = [];
        if (!Expect(TokenKind.ParenthesisOpen, "'('")) return false;
        for (Token token = lexer.Next(); ; token = lexer.Next())
        {
            if (token.Kind == TokenKind.ParenthesisClose && numbers.Count == 0) return true;
            if (token.Kind != TokenKind.Number) return Fail(token, "expected a number");
            Variant number = NumberOf(token.Text);
            numbers.Add(number.Type == VariantType.Int ? number.AsInt() : (long)number.AsFloat());
            if (!TrySeparator(out bool closed)) return false;
            if (closed) return true;
        }
    }

    private bool TrySeparator(out bool closed)
    {
        Token token = lexer.Next();
        closed = token.Kind == TokenKind.ParenthesisClose;
        return closed || token.Kind == TokenKind.Comma || Fail(token, "expected ',' or ')'");
    }

    private bool TryBytes(out Variant value)
    {
        value = default;
        if (!Expect(TokenKind.ParenthesisOpen, "'('")) return false;
        List<byte> bytes = [];
        for (Token token = lexer.Next(); ; token = lexer.Next())
        {
            if (token.Kind == TokenKind.ParenthesisClose && bytes.Count == 0) break;
            if (token.Kind == TokenKind.String && bytes.Count == 0)
            {
                byte[] decoded = new byte[token.Text.Length / 4 * 3 + 3];
                if (!Convert.TryFromBase64String(token.Text, decoded, out int length)) return Fail(token, "bytes that are not base64");
                value = ImmutableArray.Create(decoded, 0, length);
                return Expect(TokenKind.ParenthesisClose, "')'");
            }

            if (token.Kind != TokenKind.Number) return Fail(token, "expected a number, or bytes in base64");
            Variant number = NumberOf(token.Text);
            bytes.Add(unchecked((byte)(number.Type == VariantType.Int ? number.AsInt() : (long)number.AsFloat())));
            if (!TrySeparator(out bool closed)) return false;
            if (closed) break;
        }

        value = (ImmutableArray<byte>)[.. bytes];
        return true;
    }

    private bool TryStrings(out Variant value)
    {
        value = default;
        if (!Expect(TokenKind.ParenthesisOpen, "'('")) return false;
        List<string> texts = [];
        for (Token token = lexer.Next(); token.Kind != TokenKind.ParenthesisClose; token = lexer.Next())
        {
            if (token.Kind != TokenKind.String) return Fail(token, "expected a string");
            texts.Add(token.Text);
            if (!TrySeparator(out bool closed)) return false;
            if (closed) break;
        }

        value = (ImmutableArray<string>)[.. texts];
        return true;
    }

    private bool TryArray(ElementType type, Token opening, int depth, out Variant value)
    {
        value = default;
        List<Variant> items = [];
        bool comma = false;
        for (Token token = lexer.Next(); token.Kind != TokenKind.BracketClose; token = lexer.Next())
        {
            if (token.Kind == TokenKind.End) return Fail(opening, "an array without an end");
            if (comma && token.Kind != TokenKind.Comma) return Fail(token, "expected ',' or ']'");
            comma = !comma;
            if (!comma) continue;
            if (!TryValue(token, depth + 1, out Variant item)) return false;
            if (items.Count == limits.ItemsMax) return Fail(token, $"more than {limits.ItemsMax} items");
            items.Add(item);
        }

        if (!VariantArray.TryCreate(CollectionsMarshal.AsSpan(items), type, out VariantArray array))
            return Fail(opening, "an item that is not of the array's type");
        value = array;
        return true;
    }

    private bool TryDictionary(ElementType keyType, ElementType valueType, Token opening, int depth, out Variant value)
    {
        value = default;
        List<KeyValuePair<Variant, Variant>> pairs = [];
        bool comma = false;
        for (Token token = lexer.Next(); token.Kind != TokenKind.CurlyClose; token = lexer.Next())
        {
            if (token.Kind == TokenKind.End) return Fail(opening, "a dictionary without an end");
            if (comma && token.Kind != TokenKind.Comma) return Fail(token, "expected ',' or '}'");
            comma = !comma;
            if (!comma) continue;
            if (!TryValue(token, depth + 1, out Variant key) || !Expect(TokenKind.Colon, "':'")) return false;
            if (!TryValue(lexer.Next(), depth + 1, out Variant item)) return false;
            if (pairs.Count == limits.ItemsMax) return Fail(token, $"more than {limits.ItemsMax} pairs");
            pairs.Add(new(key, item));
        }

        if (!VariantDictionary.TryCreate(CollectionsMarshal.AsSpan(pairs), keyType, valueType, out VariantDictionary dictionary))
            return Fail(opening, "a key or value that is not of the dictionary's type");
        value = dictionary;
        return true;
    }

    private bool TryTypedArray(Token token, int depth, out Variant value)
    {
        value = default;
        if (!Expect(TokenKind.BracketOpen, "'['") || !TryElementType(out ElementType type, out Token after)) return false;
        if (after.Kind != TokenKind.BracketClose) return Fail(after, "expected ']'");
        return Expect(TokenKind.ParenthesisOpen, "'('") && Expect(TokenKind.BracketOpen, "'['") &&
               TryArray(type, token, depth, out value) && Expect(TokenKind.ParenthesisClose, "')'");
    }

    private bool TryTypedDictionary(Token token, int depth, out Variant value)
    {
        value = default;
        if (!Expect(TokenKind.BracketOpen, "'['") || !TryElementType(out ElementType keyType, out Token after)) return false;
        if (after.Kind != TokenKind.Comma) return Fail(after, "expected ','");
        if (!TryElementType(out ElementType valueType, out after)) return false;
        if (after.Kind != TokenKind.BracketClose) return Fail(after, "expected ']'");
        return Expect(TokenKind.ParenthesisOpen, "'('") && Expect(TokenKind.CurlyOpen, "'{'") &&
               TryDictionary(keyType, valueType, token, depth, out value) && Expect(TokenKind.ParenthesisClose, "')'");
    }

    /// <summary>A builtin type, a class, or a reference to a script; and the token after it.</summary>
    private bool TryElementType(out ElementType type, out Token after)
    {
        type = default;
        Token token = lexer.Next();
        after = default;
        if (token.Kind != TokenKind.Identifier) return Fail(token, "expected the name of a type");
        after = lexer.Next();
        if (after.Kind == TokenKind.ParenthesisOpen && token.Text is "Resource" or "SubResource" or "ExtResource")
        {
            if (!TryReference(token, out ObjectRef? script)) return false;
            if (script is not null) type = ElementType.OfScript(script);
            after = lexer.Next();
            return true;
        }

        if (VariantTypeNames.TryFind(token.Text, out VariantType builtin)) type = new ElementType(builtin);
        else if (token.Text != "Variant") type = ElementType.OfClass(token.Text);
        return true;
    }

    /// <summary>What follows the opening parenthesis of Resource, ExtResource or SubResource.</summary>
    private bool TryReference(Token name, out ObjectRef? reference)
    {
        reference = null;
        Token token = lexer.Next();
        if (name.Text == "Resource")
        {
            if (token.Kind != TokenKind.String) return Fail(token, "expected a path");
            string? path = null, uid = null;
            for (; ; token = lexer.Next())
            {
                if (token.Kind != TokenKind.String) return Fail(token, "expected a path or a uid");
                bool isUid = token.Text.StartsWith("uid://", StringComparison.Ordinal);
                if ((isUid ? uid : path) is not null) return Fail(token, isUid ? "a second uid" : "a second path");
                if (isUid) uid = token.Text;
                else path = token.Text;
                if (!TrySeparator(out bool closed)) return false;
                if (closed) break;
            }

            reference = new ResourceRef(path ?? "", uid);
        }
        else
        {
            if (token.Kind is not (TokenKind.String or TokenKind.Number)) return Fail(token, "expected an id");
            reference = new SectionRef(name.Text == "ExtResource", token.Text);
            if (!Expect(TokenKind.ParenthesisClose, "')'")) return false;
        }

        if (resolver is null) return true;
        ObjectRef unresolved = reference;
        return resolver(unresolved, out reference) || Fail(name, unresolved switch
        {
            SectionRef { IsExternal: true } s => $"no ext_resource has the id \"{s.Id}\"",
            SectionRef s => $"no sub_resource before this has the id \"{s.Id}\"",
            _ => $"no resource \"{((ResourceRef)unresolved).Path}\"",
        });
    }

    private bool TryObject(int depth, out Variant value)
    {
        value = default;
        if (!Expect(TokenKind.ParenthesisOpen, "'('")) return false;
        Token type = lexer.Next();
        if (type.Kind != TokenKind.Identifier) return Fail(type, "expected the object's class");
        List<KeyValuePair<string, Variant>> properties = [];
        if (!TrySeparator(out bool closed)) return false;
        while (!closed)
        {
            Token name = lexer.Next();
            if (name.Kind == TokenKind.ParenthesisClose) break;
            if (name.Kind != TokenKind.String) return Fail(name, "expected a property's name as a string");
            if (!Expect(TokenKind.Colon, "':'") || !TryValue(lexer.Next(), depth + 1, out Variant item)) return false;
            if (properties.Count == limits.ItemsMax) return Fail(name, $"more than {limits.ItemsMax} properties");
            properties.Add(new(name.Text, item));
            if (!TrySeparator(out closed)) return false;
        }

        value = Variant.FromObject(
            type.Text == EncodedObject.ClassName && properties is [{ Key: "object_id", Value: { Type: VariantType.Int } id }] && id.AsInt() != 0
                ? new EncodedObject((ulong)id.AsInt())
                : new InlineObject(type.Text, properties));
        return true;
    }

    private bool TryRid(out Variant value)
    {
        value = new Rid(0);
        if (!Expect(TokenKind.ParenthesisOpen, "'('")) return false;
        Token token = lexer.Next();
        if (token.Kind == TokenKind.ParenthesisClose) return true;
        if (token.Kind != TokenKind.Number || NumberOf(token.Text) is not { Type: VariantType.Int } id) return Fail(token, "expected a whole number");
        value = new Rid((ulong)id.AsInt());
        return Expect(TokenKind.ParenthesisClose, "')'");
    }

    private bool TryHexColor(Token token, out Variant value)
    {
        value = default;
        ReadOnlySpan<char> hex = token.Text.AsSpan(1);
        if (hex.Length is not (3 or 4 or 6 or 8)) return Fail(token, "a color needs 3, 4, 6 or 8 hexadecimal digits");
        int digits = hex.Length <= 4 ? 1 : 2;
        Span<float> rgba = [0, 0, 0, 1];
        for (int i = 0; i < hex.Length / digits; i++)
        {
            int part = int.Parse(hex.Slice(i * digits, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            rgba[i] = digits == 1 ? part / 15f : part / 255f;
        }

        value = new Color(rgba[0], rgba[1], rgba[2], rgba[3]);
        return true;
    }

    private bool TryText(out string text)
    {
        Token token = lexer.Next();
        text = token.Text;
        return token.Kind == TokenKind.String || Fail(token, "expected a string");
    }

    private static Variant NumberOf(string text)
    {
        if (text.AsSpan().ContainsAny('.', 'e', 'E'))
            return double.Parse(FloatDigits(text), NumberStyles.Float, CultureInfo.InvariantCulture);
        // Beyond 64 bits Godot takes the nearest number that there is.
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)) return whole;
        return text[0] == '-' ? long.MinValue : long.MaxValue;
    }

    /// <summary>Without an exponent that has no digits, which Godot lets pass.</summary>
    private static ReadOnlySpan<char> FloatDigits(string text) => text.AsSpan().TrimEnd("eE+-");

    private static bool TryNonFinite(string name, out double value)
    {
        value = name switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" or "inf_neg" => double.NegativeInfinity,
            "nan" => double.NaN,
            _ => 0,
        };
        return value != 0;
    }

    private bool Expect(TokenKind kind, string what)
    {
        Token token = lexer.Next();
        return token.Kind == kind || Fail(token, "expected " + what);
    }

    private bool Fail(Token token, string message)
    {
        lexer.Fail(token.At, message);
        return false;
    }
}
