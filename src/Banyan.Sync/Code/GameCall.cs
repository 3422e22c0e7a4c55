using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Sync.Code;

/// <summary>A call of a peer for the cluster.</summary>
/// <param name="From">The caller's peer id.</param>
/// <param name="Node">Whose method.</param>
/// <param name="Method">Its name.</param>
/// <param name="Arguments">As they came: their number and types are not checked against the script.</param>
public sealed record GameCall(int From, NodeView Node, string Method, ImmutableArray<Variant> Arguments);
