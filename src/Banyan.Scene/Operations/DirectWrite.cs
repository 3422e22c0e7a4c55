using Banyan.Kv.Commands;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Scene.Operations;

/// <summary>
/// The most frequent batch, properties set on nodes known by their id, without a read: "if the node is where it was
/// born, then write". One round, and if the node has moved or gone, the condition fails and the general way is taken.
/// </summary>
public static class DirectWrite
{
    /// <summary>Makes conditions and writes of a batch; false if it needs <see cref="SceneTransaction"/>.</summary>
    public static bool TryMake(
        IReadOnlyList<SceneOperation> operations, out List<Condition> conditions, out List<KeyWrite> writes, out List<NodeId> results)
    {
        conditions = [];
        writes = [];
        results = [];
        uint sequence = 0;
        foreach (SceneOperation operation in operations)
        {
            if (operation is not SetPropertiesOperation { Node.Id.IsNone: false, Properties.Count: > 0 } set) return false;
            NodeId id = set.Node.Id;
            var home = new NodePlace(id, id.BirthZone);
            var header = new Condition(SceneKeys.Header(home), ConditionKind.Exists, null);
            if (!conditions.Contains(header)) conditions.Add(header);
            foreach (PropertyWrite property in set.Properties)
            {
                if (SceneTransaction.WhyNot("", property) is not null) return false;
                Key key = SceneKeys.Property(home, property.Name);
                writes.RemoveAll(w => w.Key == key);
                writes.Add(new(key, property.Value, ++sequence));
            }

            results.Add(id);
        }

        return conditions.Count is > 0 and <= 16;
    }
}
