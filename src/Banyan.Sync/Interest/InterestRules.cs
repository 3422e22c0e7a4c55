using System.Text.Json;
using Banyan.Scene.Operations;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Interest;

/// <summary>Who sees what by distance: <c>interest</c> in the game's <c>banyan.json</c>.</summary>
/// <remarks>
/// <code>
/// "interest": {
///   "from": "/root/Main/Players/{peer}",
///   "within": { "/root/Main/Players": 40, "/root/Main/Props": 60 }
/// }
/// </code>
/// What a spawner puts below one of the paths of <c>within</c> is there for a peer only while it is no further from the
/// peer's own node than that, in the units of the game. <c>from</c> is that node; without it, what the first rule of
/// <c>join</c> spawns. A peer that has no such node sees everything.
/// </remarks>
public sealed class InterestRules
{
    /// <summary>What has come within a distance is lost only beyond this many times the distance: who walks along the border would see it come and go.</summary>
    public const double LeaveFactor = 1.1;

    /// <summary>Everybody sees everything.</summary>
    public static readonly InterestRules None = new(null, []);

    private readonly string? _from;
    private readonly SortedDictionary<string, double> _within;

    private InterestRules(string? from, SortedDictionary<string, double> within) => (_from, _within) = (from, within);

    /// <summary>Whether everybody sees everything.</summary>
    public bool IsEmpty => _within.Count == 0;

    /// <summary>Reads the entry of banyan.json; false with the first thing that is wrong.</summary>
    public static bool TryRead(JsonElement element, out InterestRules rules, out string error)
    {
        rules = None;
        string? from = null;
        var within = new SortedDictionary<string, double>(StringComparer.Ordinal);
        error = "\"interest\": expected an object with \"within\", and perhaps \"from\"";
        if (element.ValueKind != JsonValueKind.Object) return false;
        foreach (JsonProperty property in element.EnumerateObject())
        {
            switch (property.Name)
            {
                case "from" when property.Value.ValueKind == JsonValueKind.String:
                    from = property.Value.GetString()!;
                    if (ScenePath.TrySplit(GameRules.For(from, 2), out _, out _)) break;
                    error = $"\"interest\": \"from\": expected a path from {ScenePath.Root}";
                    return false;
                case "within" when property.Value.ValueKind == JsonValueKind.Object:
                    if (!TryReadWithin(property.Value, within, out error)) return false;
                    break;
                default:
                    error = $"\"interest\": \"{property.Name}\" is not known, or has a value of the wrong kind";
                    return false;
            }
        }

        if (within.Count == 0)
        {
            error = "\"interest\": \"within\" says of no path how far is seen";
            return false;
        }

        rules = new(from, within);
        error = "";
        return true;
    }

    /// <summary>These, from that node if they do not name one.</summary>
    public InterestRules Or(string? from) => new(_from ?? from, _within);

    /// <summary>How far is seen what is spawned below a node; null for any distance.</summary>
    public double? DistanceBelow(string path) => _within.TryGetValue(path, out double distance) ? distance : null;

    /// <summary>The path of a peer's own node; null if none has one.</summary>
    public string? NodeOf(int peer) => _from is null ? null : GameRules.For(_from, peer);

    private static bool TryReadWithin(JsonElement paths, SortedDictionary<string, double> within, out string error)
    {
        foreach (JsonProperty path in paths.EnumerateObject())
        {
            error = $"\"interest\": \"within\": \"{path.Name}\" is no path from {ScenePath.Root}";
            if (!ScenePath.TrySplit(path.Name, out _, out _)) return false;
            error = $"\"interest\": \"within\": \"{path.Name}\": expected a distance above 0";
            if (path.Value.ValueKind != JsonValueKind.Number || !path.Value.TryGetDouble(out double distance) || !double.IsFinite(distance) || distance <= 0) return false;
            within[path.Name] = distance;
        }

        error = "";
        return true;
    }
}
