using Banyan.Bench.Games;

namespace Banyan.Bench.Tests.Games;

public sealed class GamesBenchTests
{
    [Fact]
    public void Every_client_is_sent_every_state_as_Godot_would_send_it()
    {
        GamesBenchResult result = GamesBench.Run(new(Synchronizers: 100, Clients: 3, Ticks: 5));
        // Entries of a SYNC are a number, a length and two Vector3 of 16 bytes each; 33 fit below the limit after the packet's head of 3.
        Assert.Equal(3 * ((100 * 40) + (4 * 3)), result.BytesPerTick);
        Assert.True(result.TickMs > 0);
        Assert.True(result.TickP99Ms >= result.TickMs);
    }
}
