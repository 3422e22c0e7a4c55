using System.Net;
using Banyan.Server.Games.Access;

namespace Banyan.Server.Tests.Games.Access;

public class AddressLimitsTests
{
    private static readonly IPAddress _one = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress _other = IPAddress.Parse("192.0.2.2");

    [Fact]
    public void Twenty_refused_attempts_a_minute_are_answered_and_an_address_says_nothing_of_others()
    {
        var time = new ManualTime();
        var refused = new RefusedAttempts(time);
        for (int i = 0; i < 20; i++) Assert.False(refused.IsTooMany(_one));
        for (int i = 0; i < 100; i++) Assert.True(refused.IsTooMany(_one));
        Assert.False(refused.IsTooMany(_other));
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(refused.IsTooMany(_one));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(refused.IsTooMany(_one));
    }

    [Fact]
    public void Many_addresses_cost_a_bounded_memory()
    {
        var refused = new RefusedAttempts(new ManualTime());
        for (int i = 0; i < 21; i++) refused.IsTooMany(_one);
        for (int i = 0; i < 50_000; i++) Assert.False(refused.IsTooMany(new IPAddress([10, 1, (byte)(i >> 8), (byte)i])));
        // It was forgotten with all others when there were too many of them.
        Assert.False(refused.IsTooMany(_one));
    }

    [Fact]
    public void Connections_of_an_address_have_a_limit_and_give_their_places_back()
    {
        var connections = new ConnectionsByAddress(2);
        Assert.True(connections.TryAdd(_one));
        Assert.True(connections.TryAdd(_one));
        Assert.False(connections.TryAdd(_one));
        Assert.True(connections.TryAdd(_other));
        connections.Remove(_one);
        Assert.True(connections.TryAdd(_one));
        Assert.False(connections.TryAdd(_one));
        var any = new ConnectionsByAddress(0);
        for (int i = 0; i < 1000; i++) Assert.True(any.TryAdd(_one));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("2001:db8:1:2::", "2001:db8:1:2:3:4:5:6")]
    public void An_address_of_IPv6_is_its_network(string counted, string address) => Assert.Equal(IPAddress.Parse(counted), ClientAddress.Of(IPAddress.Parse(address)));
}
