using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Banyan.ProcessTests.Games;

/// <summary>A headless Chromium with a page whose WebSockets games go through: what reaches a gateway is a browser's, as of a web export.</summary>
/// <remarks>
/// <code>
/// game ──WebSocket──► this server ──/pipe──► the page ──the browser's WebSocket──► gateway
/// </code>
/// </remarks>
internal sealed class Browser : IAsyncDisposable
{
    // A page may close with 1000 and codes of its own only: what it was told itself goes into the reason.
    private const string Page =
        """
        <!doctype html><title>games</title><script>
        const here = "ws://" + location.host;
        function pass(from, to) {
          const early = [];
          from.binaryType = "arraybuffer";
          from.onmessage = m => to.readyState === WebSocket.OPEN ? to.send(m.data) : early.push(m.data);
          to.addEventListener("open", () => early.forEach(d => to.send(d)));
          from.onclose = e => to.close(4000, e.code + " " + e.reason);
        }
        new WebSocket(here + "/control").onmessage = m => {
          const { id, url, protocols } = JSON.parse(m.data);
          const game = new WebSocket(url, protocols), pipe = new WebSocket(here + "/pipe?id=" + id);
          pass(game, pipe);
          pass(pipe, game);
        };
        </script>
        """;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);

    private readonly TemporaryFolder _profile = new();
    private readonly IReadOnlyList<Uri> _gateways;
    private readonly WebApplication _server;
    private readonly TaskCompletionSource<WebSocket> _control = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<WebSocket>> _pipes = new();
    private readonly TaskCompletionSource _over = new();
    private readonly SemaphoreSlim _asking = new(1);
    private Process? _process;
    private int _lastPipe;

    private Browser(IReadOnlyList<Uri> gateways)
    {
        _gateways = gateways;
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.UseWebSockets();
        _server.Run(ServeAsync);
    }

    /// <summary>Why games were closed by the gateway, as the browser says it: code and reason.</summary>
    public ConcurrentQueue<string> Closed { get; } = [];

    /// <summary>Where games connect, in place of each gateway.</summary>
    public IReadOnlyList<Uri> Addresses => [.. _gateways.Select((_, i) => new Uri($"http://127.0.0.1:{Port}/?to={i}"))];

    /// <summary>Where the page is from.</summary>
    public int Port { get; private set; }

    /// <summary>Starts it, where there is one; else the test is skipped.</summary>
    /// <param name="gateways">Where its page can connect.</param>
    /// <param name="host">The page's host, by one of the names of this machine.</param>
    public static async Task<Browser> StartAsync(IReadOnlyList<Uri> gateways, string host)
    {
        string? chromium = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(p => Path.Combine(p, "chromium")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(chromium is null, "no chromium (Debian: apt-get install chromium)");
        var browser = new Browser(gateways);
        try
        {
            await browser._server.StartAsync();
            browser.Port = new Uri(browser._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
            string page = string.Create(CultureInfo.InvariantCulture, $"http://{host}:{browser.Port}/");
            // It may neither look for updates nor for anything else outside this machine.
            string[] arguments =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
                "--user-data-dir=" + browser._profile.Path, "--remote-debugging-port=0", page,
            ];
            var start = new ProcessStartInfo(chromium!, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
            browser._process = Process.Start(start)!;
            var said = new StringBuilder();
            browser._process.ErrorDataReceived += (_, e) => said.AppendLine(e.Data);
            browser._process.BeginErrorReadLine();
            browser._process.BeginOutputReadLine();
            if (await Task.WhenAny(browser._control.Task, Task.Delay(_patience)) != browser._control.Task) Assert.Fail($"the page has not opened; chromium said: {said}");
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _over.TrySetResult();
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        await _server.DisposeAsync();
        _asking.Dispose();
        // The last of its processes may still be writing there.
        await Poll.UntilAsync(TryDeleteProfile, () => _profile.Path);
    }

    private bool TryDeleteProfile()
    {
        try
        {
            _profile.Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/":
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync(Page);
                break;
            case "/control":
                _control.TrySetResult(await context.WebSockets.AcceptWebSocketAsync());
                await _over.Task;
                break;
            case "/pipe":
                if (_pipes.TryRemove(int.Parse(context.Request.Query["id"]!, CultureInfo.InvariantCulture), out TaskCompletionSource<WebSocket>? asked))
                    asked.SetResult(await context.WebSockets.AcceptWebSocketAsync());
                await _over.Task;
                break;
            case "/godot":
                await PassAsync(context);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    // A game's connection, and the pipe to the page that goes on with it.
    private async Task PassAsync(HttpContext context)
    {
        int id = Interlocked.Increment(ref _lastPipe);
        var pipe = new TaskCompletionSource<WebSocket>();
        _pipes[id] = pipe;
        Uri gateway = _gateways[int.Parse(context.Request.Query["to"]!, CultureInfo.InvariantCulture)];
        IList<string> protocols = context.WebSockets.WebSocketRequestedProtocols;
        byte[] ask = JsonSerializer.SerializeToUtf8Bytes(new { id, url = $"ws://{gateway.Authority}/godot", protocols });
        await _asking.WaitAsync();
        try
        {
            await (await _control.Task).SendAsync(ask, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _asking.Release();
        }

        using WebSocket page = await pipe.Task.WaitAsync(_patience);
        using WebSocket game = await context.WebSockets.AcceptWebSocketAsync(protocols.FirstOrDefault());
        Task down = CopyAsync(page, game, isDown: true);
        await Task.WhenAll(down, CopyAsync(game, page, isDown: false));
    }

    private async Task CopyAsync(WebSocket from, WebSocket to, bool isDown)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (true)
            {
                WebSocketReceiveResult read = await from.ReceiveAsync(buffer, CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    if (isDown) Closed.Enqueue(from.CloseStatusDescription ?? "");
                    await to.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return;
                }

                await to.SendAsync(buffer.AsMemory(0, read.Count), read.MessageType, read.EndOfMessage, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            // One of the two is gone: so is the other, soon.
            to.Abort();
        }
    }
}
