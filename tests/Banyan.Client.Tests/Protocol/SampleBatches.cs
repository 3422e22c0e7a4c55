using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Client.Tests.Protocol;

/// <summary>Batches of operations to be written and read back.</summary>
internal static class SampleBatches
{
    /// <summary>Each kind of operation in each of its forms.</summary>
    public static IReadOnlyList<SceneOperation> EveryOperation { get; } =
    [
        new SpawnOperation(NodeRef.At("/root/Town"), new(
        [
            new(-1, "Häuser", "Node3D", "res://häuser.tscn", ["a", "", "ü"], -5, new ZoneId(7), [new("x", [1, 2, 3]), new("y", null), new("", [])], [new("c", [9])]),
            Node(0, "Kind"),
            Node(1, "Enkel"),
            Node(0, "Kind2"),
        ]), -3),
        new SpawnOperation(NodeRef.Of(new(42)), new([])),
        new DespawnOperation(NodeRef.Of(new(ulong.MaxValue))),
        new RenameOperation(NodeRef.At("/root"), ""),
        new ReparentOperation(NodeRef.At("/root/A"), NodeRef.Of(new(3)), "B"),
        new ReparentOperation(NodeRef.At("/root/A"), NodeRef.Of(new(3))),
        new ReorderOperation(NodeRef.At("/root/A"), -1),
        new SetPropertiesOperation(NodeRef.Of(new(1UL << 33 | 5)), [new("p", [0, 1, 255]), new("q", null)]),
        new SetPropertiesOperation(NodeRef.At(""), []),
        new MoveZoneOperation(NodeRef.At("/root/A"), new ZoneId(uint.MaxValue)),
        new SetAuthorityOperation(NodeRef.At("/root/A"), int.MinValue),
        new SetAttachmentsOperation(NodeRef.Of(new(7)), [new("p", [0, 1, 255]), new("q", null)]),
    ];

    /// <summary>A node of a template, with nothing but a name.</summary>
    public static TemplateNode Node(int parent, string name) => new(parent, name, "Node", "", [], 0, null, [], []);

    /// <summary>One to eight operations.</summary>
    public static IReadOnlyList<SceneOperation> Random(SeededRandom random) =>
        [.. Enumerable.Range(0, 1 + random.Next(8)).Select(_ => Operation(random))];

    private static SceneOperation Operation(SeededRandom random) => random.Next(9) switch
    {
        0 => new SpawnOperation(Ref(random), new([.. Enumerable.Range(0, random.Next(6)).Select(i => Node(random, i))]), (int)random.NextUInt64()),
        1 => new DespawnOperation(Ref(random)),
        2 => new RenameOperation(Ref(random), Text(random)),
        3 => new ReparentOperation(Ref(random), Ref(random), random.Chance(0.5) ? Text(random) : null),
        4 => new ReorderOperation(Ref(random), (int)random.NextUInt64()),
        5 => new SetPropertiesOperation(Ref(random), Properties(random)),
        6 => new MoveZoneOperation(Ref(random), new((uint)random.NextUInt64())),
        7 => new SetAttachmentsOperation(Ref(random), Properties(random)),
        _ => new SetAuthorityOperation(Ref(random), (int)random.NextUInt64()),
    };

    private static TemplateNode Node(SeededRandom random, int number) => new(
        random.Next(number + 1) - 1, Text(random), Text(random), Text(random), [.. Enumerable.Range(0, random.Next(4)).Select(_ => Text(random))],
        (int)random.NextUInt64(), random.Chance(0.5) ? new ZoneId((uint)random.NextUInt64()) : null, Properties(random), Properties(random));

    private static PropertyWrite[] Properties(SeededRandom random) =>
        [.. Enumerable.Range(0, random.Next(5)).Select(_ => new PropertyWrite(Text(random), random.Chance(0.2) ? null : Bytes(random)))];

    private static NodeRef Ref(SeededRandom random) =>
        random.Chance(0.5) ? NodeRef.At("/root/" + Text(random)) : NodeRef.Of(new(1 + (random.NextUInt64() >> random.Next(64)) % (ulong.MaxValue - 1)));

    private static string Text(SeededRandom random) =>
        new([.. Enumerable.Range(0, random.Next(12)).Select(_ => (char)(random.Chance(0.2) ? 0x4E00 + random.Next(500) : 'a' + random.Next(26)))]);

    private static byte[] Bytes(SeededRandom random) => [.. Enumerable.Range(0, random.Next(200)).Select(_ => (byte)random.Next(256))];
}
