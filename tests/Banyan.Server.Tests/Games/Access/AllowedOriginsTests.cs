using Banyan.Server.Games.Access;
using Microsoft.AspNetCore.Http;

namespace Banyan.Server.Tests.Games.Access;

public class AllowedOriginsTests
{
    [Theory]
    [InlineData(true, "https://game.example")]
    [InlineData(true, "https://GAME.example:443")]
    [InlineData(true, "http://localhost:8060")]
    [InlineData(true, "https://gate.example")]
    [InlineData(true, "http://gate.example:8060")]
    [InlineData(false, "http://game.example")]
    [InlineData(false, "https://game.example:8443")]
    [InlineData(false, "https://game.example.evil.example")]
    [InlineData(false, "https://evilgame.example")]
    [InlineData(false, "https://game.example@evil.example")]
    [InlineData(false, "https://game.example/")]
    [InlineData(false, "https://game.example, https://game.example")]
    [InlineData(false, "http://localhost")]
    [InlineData(false, "null")]
    [InlineData(false, "file://")]
    [InlineData(false, "")]
    [InlineData(false, "https://")]
    public void A_page_may_connect_if_it_is_listed_or_of_the_gateways_own_host(bool may, string origin)
    {
        Assert.True(AllowedOrigins.TryParse(["https://game.example", "http://localhost:8060"], out AllowedOrigins? origins, out _));
        Assert.Equal(may, origins.Allows(origin, new HostString("gate.example:7400")));
    }

    [Fact]
    public void A_star_allows_every_page_and_nothing_none()
    {
        Assert.True(AllowedOrigins.TryParse(["*"], out AllowedOrigins? all, out _));
        Assert.True(all.Allows("null", new HostString("gate.example")));
        Assert.False(AllowedOrigins.None.Allows("https://game.example", default));
    }

    [Theory]
    [InlineData("game.example")]
    [InlineData("https://game.example/")]
    [InlineData("https://game.example/play")]
    [InlineData("wss://game.example")]
    [InlineData("https://*.example")]
    [InlineData("")]
    public void What_is_no_origin_is_refused_at_the_start(string text)
    {
        Assert.False(AllowedOrigins.TryParse([text], out _, out string error));
        Assert.Equal($"\"{text}\": expected an origin as in https://game.example, or *", error);
    }
}
