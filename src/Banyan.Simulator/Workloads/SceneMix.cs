using System.Buffers.Binary;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Simulator.Workloads;

/// <summary>Draws operations on a small tree, so that they meet each other: few names, few zones, nodes that others know too.</summary>
/// <remarks>Every value and every authority that it hands out is handed out once, so that it can be traced to its operation.</remarks>
internal sealed class SceneMix
{
    /// <summary>Zones in use, the world's included.</summary>
    public const int Zones = 4;

    private const int KnownMax = 12;
    private static readonly string[] _names = ["A", "B", "C", "D", "E", "F", "G", "H"];
    private readonly List<NodeId> _known = [];
    private readonly Queue<IReadOnlyList<SceneOperation>> _opponents = [];
    private int _lastValue;

    /// <summary>Tells of a batch that was done: its nodes are worth meeting again, unless they are gone.</summary>
    public void Learn(IReadOnlyList<SceneOperation> operations, IReadOnlyList<NodeId> results)
    {
        for (int i = 0; i < operations.Count; i++)
        {
            _known.Remove(results[i]);
            if (operations[i] is DespawnOperation) continue;
            _known.Add(results[i]);
            if (_known.Count > KnownMax) _known.RemoveAt(0);
        }
    }

    /// <summary>Tells of a batch that met a node which is gone: no need to meet it again.</summary>
    public void Forget(IReadOnlyList<SceneOperation> operations)
    {
        foreach (SceneOperation operation in operations)
        {
            _known.RemoveAll(id => operation switch
            {
                SpawnOperation o => o.Parent == NodeRef.Of(id),
                DespawnOperation o => o.Node == NodeRef.Of(id),
                RenameOperation o => o.Node == NodeRef.Of(id),
                ReparentOperation o => o.Node == NodeRef.Of(id) || o.Parent == NodeRef.Of(id),
                ReorderOperation o => o.Node == NodeRef.Of(id),
                SetPropertiesOperation o => o.Node == NodeRef.Of(id),
                MoveZoneOperation o => o.Node == NodeRef.Of(id),
                SetAuthorityOperation o => o.Node == NodeRef.Of(id),
                SetAttachmentsOperation o => o.Node == NodeRef.Of(id),
                _ => false,
            });
        }
    }

    /// <summary>One operation, or several as a batch.</summary>
    public IReadOnlyList<SceneOperation> Next(SeededRandom random)
    {
        if (_opponents.TryDequeue(out IReadOnlyList<SceneOperation>? opponent)) return opponent;
        // Where little is left, most would only hear that there is no such node.
        if (_known.Count < 3 && random.Chance(0.4)) return [new SpawnOperation(NodeRef.At(ScenePath.Root), Template(random), Authority: Value())];
        if (_known.Count > 2 && random.Chance(0.3))
        {
            (IReadOnlyList<SceneOperation> first, opponent) = Duel(random);
            _opponents.Enqueue(opponent);
            return first;
        }

        var batch = new SceneOperation[random.Chance(0.2) ? 2 + random.Next(2) : 1];
        for (int i = 0; i < batch.Length; i++) batch[i] = One(random);
        return batch;
    }

    // What two clients must not both be granted, or not in halves: the second goes to whoever asks next, most likely while
    // the first is under way.
    private (IReadOnlyList<SceneOperation> First, IReadOnlyList<SceneOperation> Second) Duel(SeededRandom random)
    {
        NodeRef one = NodeRef.Of(_known[random.Next(_known.Count)]);
        NodeRef other = NodeRef.Of(_known[random.Next(_known.Count)]);
        string name = Name(random);
        switch (random.Next(5))
        {
            case 0: // each below the other: together a cycle
                return ([new ReparentOperation(one, other)], [new ReparentOperation(other, one)]);
            case 1: // one name for two newcomers
                return ([Spawn(one, name)], [Spawn(one, name)]);
            case 2: // one name for two siblings, or for one that comes and one that is there
                return ([new ReparentOperation(one, other, name)], [Spawn(other, name)]);
            case 3: // below what goes away
                return ([new DespawnOperation(one)], [Spawn(one, name), new ReparentOperation(other, one)]);
            default: // a zone that changes in the middle of a transaction
                return (
                    [new MoveZoneOperation(one, AnyZone(random))],
                    [new SetPropertiesOperation(one, Properties(random)), Spawn(one, name), new SetPropertiesOperation(other, Properties(random))]);
        }

        SpawnOperation Spawn(NodeRef parent, string name) =>
            new(parent, new([new(-1, name, "Node3D", "", [], 0, null, [new("born", Bytes(Value()))], [])]), Authority: Value());
    }

    /// <summary>One of the zones.</summary>
    public static ZoneId AnyZone(SeededRandom random) => new((uint)random.Next(Zones));

    private SceneOperation One(SeededRandom random) => random.Next(108) switch
    {
        < 36 => new SpawnOperation(AnyNode(random), Template(random), Authority: Value()),
        < 41 => new DespawnOperation(AnyNode(random)),
        < 50 => new RenameOperation(AnyNode(random), Name(random)),
        < 66 => new ReparentOperation(AnyNode(random), AnyNode(random), random.Chance(0.3) ? Name(random) : null),
        < 72 => new ReorderOperation(AnyNode(random), random.Next(8) - 4),
        < 84 => new SetPropertiesOperation(AnyNode(random), Properties(random)),
        < 95 => new MoveZoneOperation(AnyNode(random), AnyZone(random)),
        < 100 => new SetAuthorityOperation(AnyNode(random), Value()),
        _ => new SetAttachmentsOperation(AnyNode(random), Writes("a", random)),
    };

    private SceneTemplate Template(SeededRandom random)
    {
        var nodes = new TemplateNode[1 + random.Next(4)];
        var taken = new SortedSet<(int, string)>();
        for (int i = 0; i < nodes.Length; i++)
        {
            int parent = i == 0 ? -1 : random.Next(i);
            string name = Name(random);
            while (!taken.Add((parent, name))) name += "x";
            ZoneId? zone = random.Chance(0.3) ? AnyZone(random) : null;
            nodes[i] = new(parent, name, "Node3D", "", [], 0, zone, [new("born", Bytes(Value()))], random.Chance(0.2) ? [new("a0", Bytes(Value()))] : []);
        }

        return new(nodes);
    }

    private PropertyWrite[] Properties(SeededRandom random) => Writes("p", random);

    private PropertyWrite[] Writes(string prefix, SeededRandom random)
    {
        var writes = new PropertyWrite[1 + random.Next(2)];
        for (int i = 0; i < writes.Length; i++)
            writes[i] = new(prefix + random.Next(3), random.Chance(0.15) ? null : Bytes(Value()));
        return writes;
    }

    private NodeRef AnyNode(SeededRandom random)
    {
        if (_known.Count > 0 && random.Chance(0.75)) return NodeRef.Of(_known[random.Next(_known.Count)]);
        string path = ScenePath.Root;
        // The root itself now and then: as a parent it will do, and nothing else may be done to it.
        int depth = random.Chance(0.1) ? 0 : random.Chance(0.8) ? 1 : 2 + random.Next(2);
        for (int i = 0; i < depth; i++) path = ScenePath.Join(path, Name(random));
        return NodeRef.At(path);
    }

    private static string Name(SeededRandom random) => _names[random.Next(_names.Length)];

    private int Value() => ++_lastValue + 1;

    private static byte[] Bytes(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
