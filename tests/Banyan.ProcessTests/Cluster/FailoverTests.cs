using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.ProcessTests.Hostile;
using Banyan.Scene.Operations;
using Banyan.Scene.Tree;

namespace Banyan.ProcessTests.Cluster;

public class FailoverTests
{
    [Fact]
    public async Task A_client_whose_server_is_killed_goes_on_elsewhere_and_loses_and_repeats_nothing()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable);
        await using BanyanClient client = await BanyanClient.ConnectAsync(cluster.Gateways[0]);
        await using var watcher = new Watcher(client);
        await using Writers writers = await Writers.StartAsync(client, 8, "Writer");
        await writers.WaitForAsync(200);

        int first = (int)client.Server.Value;
        cluster.Kill(first);
        await writers.WaitForAsync(200);
        Assert.NotEqual(first, (int)client.Server.Value);
        await cluster.RestartAsync(first);
        await writers.WaitForAsync(200);

        // And once more, while the one that was down may still be catching up.
        int second = (int)client.Server.Value;
        cluster.Kill(second);
        await writers.WaitForAsync(200);
        await cluster.RestartAsync(second);
        await writers.StopAsync();

        SceneHash hash = await client.HashAsync();
        await watcher.WaitForAsync(hash.Timestamp);
        Assert.Equal(0, watcher.Repeats);
        Assert.Equal(1, watcher.Snapshots);
        writers.AssertSeen(watcher);
        foreach (Uri gateway in cluster.Gateways)
        {
            await using BanyanClient one = await BanyanClient.ConnectAsync(gateway);
            Assert.Equal(hash, await one.HashAsync(hash.Timestamp));
            await writers.AssertHeldAsync(one, hash.Timestamp);
        }

        // What the subscription has made of it is a whole tree.
        var broken = new List<string>();
        SceneInvariants.Check(watcher.Mirror!, broken);
        Assert.Empty(broken);
    }

    [Fact]
    public async Task A_transaction_that_is_sent_again_through_another_server_happens_once()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable);
        await using BanyanClient client = await BanyanClient.ConnectAsync(cluster.Gateways[2]);
        await using var watcher = new Watcher(client);
        TransactOutcome.Committed[] answers = new TransactOutcome.Committed[6];
        for (int i = 0; i < answers.Length; i++)
        {
            // As a client does whose connection has ended before the answer came.
            using RawSession session = await RawSession.GreetAsync(cluster.Gateways[i % 3], 777);
            await session.SendAsync(Spawn(sequence: 1, attempt: (uint)i));
            answers[i] = Assert.IsType<TransactOutcome.Committed>(Read(await session.ReceiveAsync()));
        }

        Assert.All(answers, answer => Assert.Equal(answers[0].Timestamp, answer.Timestamp));
        Assert.All(answers, answer => Assert.Equal(answers[0].Nodes, answer.Nodes));
        Assert.NotEmpty(answers[0].Nodes);

        // A new sequence is a new transaction: the name is taken now.
        using RawSession next = await RawSession.GreetAsync(cluster.Gateways[0], 777);
        await next.SendAsync(Spawn(sequence: 2, attempt: 0));
        Assert.Equal(SceneErrorCode.DuplicateName, Assert.IsType<TransactOutcome.Refused>(Read(await next.ReceiveAsync())).Error.Code);
        SceneView root = await client.ReadTreeAsync(NodeRef.At("/root"));
        Assert.Equal(2, root.Mirror.Count);
        await watcher.WaitForAsync(root.Timestamp);
        Assert.Equal(2, watcher.Mirror!.Count);
    }

    [Fact]
    public async Task A_subscription_goes_on_from_any_timestamp_on_any_server()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable);
        await using BanyanClient writer = await BanyanClient.ConnectAsync(cluster.Gateways[0]);
        var commits = new List<Timestamp>();
        for (int i = 0; i < 5; i++)
        {
            var outcome = (TransactOutcome.Committed)await writer.TransactAsync(new SetPropertiesOperation(NodeRef.At("/root"), [new("metadata/i", Scene.Records.PropertyValue.Encode(i))]));
            commits.Add(outcome.Timestamp);
        }

        foreach (Uri gateway in cluster.Gateways)
        {
            await using BanyanClient reader = await BanyanClient.ConnectAsync(gateway);
            for (int after = 0; after < commits.Count; after++)
            {
                var seen = new List<Timestamp>();
                using var limit = new CancellationTokenSource(BanyanCommand.Patience);
                await foreach (SceneUpdate update in reader.SubscribeAsync(commits[after], stop: limit.Token))
                {
                    Assert.IsNotType<SceneUpdate.Snapshot>(update);
                    if (update is SceneUpdate.Changes) seen.Add(update.Timestamp);
                    if (update.Timestamp >= commits[^1] && (update is SceneUpdate.Resolved || seen.Count >= commits.Count - after - 1)) break;
                }

                Assert.Equal(commits.Skip(after + 1), seen);
            }
        }
    }

    [Fact]
    public async Task A_reader_that_is_slow_misses_nothing()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, servers: 1);
        await using BanyanClient client = await BanyanClient.ConnectAsync(cluster.Gateways[0]);
        const int Count = 300;
        CancellationToken stop = TestContext.Current.CancellationToken;
        await using IAsyncEnumerator<SceneUpdate> updates = client.SubscribeAsync(bufferedMax: 8, stop: stop).GetAsyncEnumerator(stop);
        Assert.True(await updates.MoveNextAsync());
        Assert.IsType<SceneUpdate.Snapshot>(updates.Current);
        var written = new List<Timestamp>();
        for (int i = 0; i < Count; i++)
        {
            var outcome = (TransactOutcome.Committed)await client.TransactAsync(new SetPropertiesOperation(NodeRef.At("/root"), [new("metadata/i", Scene.Records.PropertyValue.Encode(i))]));
            written.Add(outcome.Timestamp);
        }

        // Far more than was buffered: it was paused, and has to go on from where it was.
        var seen = new List<Timestamp>();
        while (seen.Count < Count && await updates.MoveNextAsync().AsTask().WaitAsync(BanyanCommand.Patience, stop))
        {
            // The snapshot may be of before the world was founded.
            if (updates.Current is SceneUpdate.Changes changes && changes.Timestamp >= written[0]) seen.Add(changes.Timestamp);
        }

        Assert.Equal(written, seen);
    }

    private static byte[] Spawn(ulong sequence, uint attempt) => RawSession.Frame(RequestKind.Transact, w =>
    {
        w.Number(sequence);
        w.Number(sequence);
        w.Number(attempt);
        w.Number(sequence - 1);
        OperationCodec.Encode(w, [new SpawnOperation(NodeRef.At("/root"), new([new(-1, "Once", "Node", "", [], 0, null, [], [])]))]);
    });

    private static TransactOutcome? Read(byte[]? frame)
    {
        var reader = new ByteReader(frame);
        Assert.Equal(ReplyKind.Outcome, (ReplyKind)reader.Byte());
        reader.Number();
        return ReplyCodec.DecodeOutcome(ref reader);
    }
}
