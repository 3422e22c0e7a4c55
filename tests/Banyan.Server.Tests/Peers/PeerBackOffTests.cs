using Banyan.Server.Peers;

namespace Banyan.Server.Tests.Peers;

public sealed class PeerBackOffTests
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(60);

    [Fact]
    public void Pauses_double_up_to_the_bound_and_keep_at_least_half()
    {
        var backOff = new PeerBackOff(First, Longest, 1);
        foreach (int whole in (int[])[10, 20, 40, 60, 60, 60])
            Assert.InRange(backOff.Next().TotalMilliseconds, whole / 2.0, whole);
    }

    [Fact]
    public void After_a_success_the_first_pause_comes_again()
    {
        var backOff = new PeerBackOff(First, Longest, 1);
        for (int i = 0; i < 5; i++) backOff.Next();
        backOff.Reset();
        Assert.InRange(backOff.Next(), First / 2, First);
    }

    [Fact]
    public void The_same_seed_gives_the_same_pauses_and_another_gives_others()
    {
        Assert.Equal(Pauses(7), Pauses(7));
        Assert.NotEqual(Pauses(7), Pauses(8));
    }

    private static List<TimeSpan> Pauses(ulong seed)
    {
        var backOff = new PeerBackOff(First, Longest, seed);
        return [.. Enumerable.Range(0, 8).Select(_ => backOff.Next())];
    }
}
