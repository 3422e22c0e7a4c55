using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Multiplayer;

/// <summary>The methods of a node that can be called from afar, and the numbers that packets have for them.</summary>
/// <remarks>
/// Numbers are places in the list of names in order of code points. Those that the node itself configures
/// (<c>rpc_config</c>) have <see cref="NodeFlag"/> on top and come first in the digest; where a script has a method of
/// the same name, callers use the script's number, but both are answered. Source: scene_rpc_interface.cpp.
/// </remarks>
public sealed class RpcMethods
{
    /// <summary>Bit 15 of a method's number: it is the node's configuration that lists it, not the script's.</summary>
    public const ushort NodeFlag = 0x8000;

    /// <summary>The most that one list can hold; the last number of all means "none" in Godot.</summary>
    public const int CountMax = NodeFlag - 1;

    /// <summary>Of a node without any.</summary>
    public static readonly RpcMethods None = new([], []);

    private readonly ImmutableArray<RpcMethod> _ofNode;
    private readonly ImmutableArray<RpcMethod> _ofScript;
    private readonly Dictionary<string, ushort> _ids = [];

    private RpcMethods(ImmutableArray<RpcMethod> ofNode, ImmutableArray<RpcMethod> ofScript)
    {
        _ofNode = ofNode;
        _ofScript = ofScript;
        StringBuilder names = new();
        for (int i = 0; i < ofNode.Length; i++) Number(ofNode[i], (ushort)(i | NodeFlag), names);
        for (int i = 0; i < ofScript.Length; i++) Number(ofScript[i], (ushort)i, names);
        Md5 = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(names.ToString())));
    }

    /// <summary>32 lower-case hex digits over all names; two ends with the same digits mean the same by a number.</summary>
    public string Md5 { get; }

    /// <summary>Those of the node's own configuration, by their numbers without <see cref="NodeFlag"/>.</summary>
    public ImmutableArray<RpcMethod> OfNode => _ofNode;

    /// <summary>Those of the script, by their numbers.</summary>
    public ImmutableArray<RpcMethod> OfScript => _ofScript;

    /// <summary>Numbers methods, in whatever order they come; false if one list has a name twice or too many.</summary>
    public static bool TryCreate(IEnumerable<RpcMethod> ofNode, IEnumerable<RpcMethod> ofScript, out RpcMethods methods)
    {
        methods = None;
        if (!TrySort(ofNode, out ImmutableArray<RpcMethod> node) || !TrySort(ofScript, out ImmutableArray<RpcMethod> script)) return false;
        methods = new(node, script);
        return true;
    }

    /// <summary>The number by which to call a method; false if there is none of this name.</summary>
    public bool TryGetId(string name, out ushort id) => _ids.TryGetValue(name, out id);

    /// <summary>The method of a number that a peer sent.</summary>
    public bool TryGetMethod(ushort id, out RpcMethod method)
    {
        ImmutableArray<RpcMethod> list = (id & NodeFlag) != 0 ? _ofNode : _ofScript;
        int at = id & ~NodeFlag;
        bool found = at < list.Length;
        method = found ? list[at] : NoMethod;
        return found;
    }

    private static readonly RpcMethod NoMethod = new("", RpcMode.Disabled);

    private static bool TrySort(IEnumerable<RpcMethod> methods, out ImmutableArray<RpcMethod> sorted)
    {
        sorted = [.. methods.OrderBy(m => (Variant)m.Name, KeyOrder.Instance)];
        if (sorted.Length > CountMax) return false;
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Name == sorted[i - 1].Name) return false;
        }

        return true;
    }

    private void Number(RpcMethod method, ushort id, StringBuilder names)
    {
        _ids[method.Name] = id;
        names.Append(method.Name);
    }
}
