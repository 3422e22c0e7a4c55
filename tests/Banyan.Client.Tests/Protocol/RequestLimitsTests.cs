using Banyan.Client.Protocol;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Client.Tests.Protocol;

public class RequestLimitsTests
{
    private static readonly NodeRef _fine = NodeRef.At("/root/A");

    [Theory]
    [InlineData(NodeHeader.NameBytesMax, true)]
    [InlineData(NodeHeader.NameBytesMax + 1, false)]
    public void A_path_may_have_names_as_long_as_a_node_may_have(int length, bool allowed)
    {
        Assert.Equal(allowed, RequestLimits.WhyNot(NodeRef.At($"/root/{new string('a', length)}/B")) is null);
        // Bytes count, not characters.
        Assert.Equal(allowed, RequestLimits.WhyNot(NodeRef.At($"/root/{new string('ä', length / 2)}{new string('a', length % 2)}")) is null);
    }

    [Theory]
    [InlineData(OperationCodec.PathBytesMax, true)]
    [InlineData(OperationCodec.PathBytesMax + 1, false)]
    public void A_path_has_a_greatest_length(int length, bool allowed)
    {
        string path = string.Concat(Enumerable.Repeat("/aaaaaaaaa", length / 10 + 1))[..length];
        Assert.Equal(allowed, RequestLimits.WhyNot(NodeRef.At(path)) is null);
    }

    [Fact]
    public void The_operation_to_blame_is_named_whatever_its_kind()
    {
        NodeRef bad = NodeRef.At("/root/" + new string('a', 600));
        SceneOperation[] refused =
        [
            new SpawnOperation(bad, new([])), new DespawnOperation(bad), new RenameOperation(bad, "B"), new ReparentOperation(bad, _fine),
            new ReparentOperation(_fine, bad), new ReorderOperation(bad, 0), new SetPropertiesOperation(bad, []), new MoveZoneOperation(bad, new(1)),
            new SetAuthorityOperation(bad, 1), new SetAttachmentsOperation(bad, []),
        ];
        foreach (SceneOperation operation in refused)
        {
            Assert.Equal(SceneErrorCode.BadPath, RequestLimits.WhyNot([new DespawnOperation(_fine), operation], out int at)?.Code);
            Assert.Equal(1, at);
        }
    }

    [Fact]
    public void A_batch_or_template_that_is_too_large_is_refused()
    {
        SceneOperation[] batch = [.. Enumerable.Repeat(new DespawnOperation(_fine), OperationCodec.OperationsMax)];
        Assert.Null(RequestLimits.WhyNot(batch, out _));
        Assert.Equal(SceneErrorCode.TooLarge, RequestLimits.WhyNot([.. batch, batch[0]], out _)?.Code);

        TemplateNode[] nodes = [.. Enumerable.Range(0, SceneTransaction.TemplateNodesMax).Select(i => SampleBatches.Node(i - 1, "N"))];
        Assert.Null(RequestLimits.WhyNot([new SpawnOperation(_fine, new(nodes))], out _));
        Assert.Equal(SceneErrorCode.TooLarge, RequestLimits.WhyNot([new SpawnOperation(_fine, new([.. nodes, nodes[^1]]))], out _)?.Code);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_template_whose_node_does_not_come_after_its_parent_is_refused(int parent)
    {
        var template = new SceneTemplate([SampleBatches.Node(-1, "A"), SampleBatches.Node(parent, "B")]);
        Assert.Equal(SceneErrorCode.BadValue, RequestLimits.WhyNot([new SpawnOperation(_fine, template)], out _)?.Code);
    }
}
