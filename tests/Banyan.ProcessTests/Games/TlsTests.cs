using System.Diagnostics;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>A gateway with a certificate of the test's own making.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly GameFolder _game = new();

    // What becomes of the tree is not what these tests are about.
    public TlsTests() => File.Delete(Path.Combine(_game.Path, "banyan.json"));

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_game_connects_over_TLS(SslProtocols protocol)
    {
        using X509Certificate2 certificate = Write("own", expired: false);
        using Process server = Serve("own", "own", out Uri gateway);
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = { EnabledSslProtocols = protocol, RemoteCertificateValidationCallback = (_, shown, _, _) => IsSame(shown, certificate) } });
            await Poll.UntilAsync(() => IsHealthyAsync(http, gateway), () => $"{gateway} to answer");
            await using RawGame game = await RawGame.ConnectAsync(gateway, options: o => o.RemoteCertificateValidationCallback = (_, shown, _, _) => IsSame(shown, certificate));
            Assert.Equal(1, (await Door.GamesAsync(gateway)).GetProperty("clients").GetInt32());
            // Without TLS there is nothing to be had at that port.
            await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new UriBuilder(gateway) { Scheme = "http", Path = "/healthz" }.Uri, TestContext.Current.CancellationToken));
        }
        finally
        {
            server.StandardInput.Close();
            BanyanCommand end = await BanyanCommand.EndAsync(server);
            Assert.Contains($"games connect at wss://{gateway.Authority}/godot", end.Output);
            Assert.DoesNotContain("certificate", end.Error);
        }
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_to_who_comes_next_and_nobody_is_disconnected()
    {
        using X509Certificate2 first = Write("own", expired: false);
        using Process server = Serve("own", "own", out Uri gateway);
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
            await Poll.UntilAsync(() => IsHealthyAsync(http, gateway), () => $"{gateway} to answer");
            await using var before = new StockConnection();
            await before.ConnectAsync(gateway, o => o.RemoteCertificateValidationCallback = (_, shown, _, _) => IsSame(shown, first));
            using X509Certificate2 second = Write("own", expired: false);
            await Poll.UntilAsync(() => ShowsAsync(gateway, second), () => "the second certificate");
            await using RawGame after = await RawGame.ConnectAsync(gateway, options: o => o.RemoteCertificateValidationCallback = (_, shown, _, _) => IsSame(shown, second));
            Assert.Null(before.Ended);
            Assert.Equal(2, (await Door.GamesAsync(gateway)).GetProperty("clients").GetInt32());
        }
        finally
        {
            server.StandardInput.Close();
            Assert.Contains($"--tls-cert {Pem("own", "cert")}: renewed, valid until ", (await BanyanCommand.EndAsync(server)).Error);
        }
    }

    [Fact]
    public async Task A_certificate_that_has_expired_is_warned_of()
    {
        Write("old", expired: true).Dispose();
        using Process server = Serve("old", "old", out _);
        string? warning = await server.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith($"warning: --tls-cert {Pem("old", "cert")}: the certificate has expired at ", warning);
        server.StandardInput.Close();
        await BanyanCommand.EndAsync(server);
    }

    [Fact]
    public async Task Files_and_addresses_that_do_not_fit_are_bad_input()
    {
        Write("one", expired: false).Dispose();
        Write("other", expired: false).Dispose();
        string cert = Pem("one", "cert"), key = Pem("one", "key"), otherKey = Pem("other", "key");
        (await RunAsync("https", "--tls-cert", cert, "--tls-key", otherKey)).AssertFailed(2, $"--tls-key {otherKey}: the key does not belong to the certificate in {cert}");
        (await RunAsync("https", "--tls-cert", cert + ".no", "--tls-key", key)).AssertFailed(2, $"--tls-cert {cert}.no: no such file");
        (await RunAsync("https", "--tls-cert", cert)).AssertFailed(2, "--tls-cert wants --tls-key beside it");
        (await RunAsync("https", "--tls-key", key)).AssertFailed(2, "--tls-key wants --tls-cert beside it");
        (await RunAsync("http", "--tls-cert", cert, "--tls-key", key)).AssertFailed(2, "--tls-cert: with TLS, --server names this server's gateway https://127.0.0.1:9");
        (await RunAsync("https")).AssertFailed(2, "--server: https://127.0.0.1:9 wants --tls-cert and --tls-key");
    }

    public void Dispose()
    {
        _folder.Dispose();
        _game.Dispose();
    }

    private static bool IsSame(X509Certificate? shown, X509Certificate2 certificate) => shown?.GetCertHashString() == certificate.GetCertHashString();

    private static async Task<bool> ShowsAsync(Uri gateway, X509Certificate2 certificate)
    {
        bool isShown = false;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, shown, _, _) =>
                {
                    isShown = IsSame(shown, certificate);
                    return true;
                },
            },
        });
        return await IsHealthyAsync(http, gateway) && isShown;
    }

    private static async Task<bool> IsHealthyAsync(HttpClient http, Uri gateway)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(gateway, "/healthz"), TestContext.Current.CancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private Task<BanyanCommand> RunAsync(string scheme, params string[] options) =>
        BanyanCommand.RunAsync(["serve", "--data", Path.Combine(_folder.Path, "data"), "--server", $"1=127.0.0.1:8,{scheme}://127.0.0.1:9", .. options]);

    private Process Serve(string certificate, string key, out Uri gateway)
    {
        int[] ports = LoopbackPorts.Free(2);
        gateway = new($"https://127.0.0.1:{ports[1]}");
        return BanyanCommand.Start(
            null,
            [
                "serve", "--with-parent", "--data", Path.Combine(_folder.Path, "data"), "--server", $"1=127.0.0.1:{ports[0]},{gateway.OriginalString}", "--project", _game.Path, "--open",
                "--tls-cert", Pem(certificate, "cert"), "--tls-key", Pem(key, "key"),
            ]);
    }

    private string Pem(string name, string what) => Path.Combine(_folder.Path, $"{name}.{what}.pem");

    private X509Certificate2 Write(string name, bool expired)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(expired ? -1 : 1));
        File.WriteAllText(Pem(name, "cert"), made.ExportCertificatePem());
        File.WriteAllText(Pem(name, "key"), key.ExportPkcs8PrivateKeyPem());
        return made;
    }
}
