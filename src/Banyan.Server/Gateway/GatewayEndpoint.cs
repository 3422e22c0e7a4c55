using System.Collections.Concurrent;
using System.Net.WebSockets;
using Banyan.Server.Games.Access;
using Banyan.Server.Hosting;

namespace Banyan.Server.Gateway;

/// <summary>Where clients connect: takes WebSockets and gives each a session.</summary>
internal sealed class GatewayEndpoint(StoreLoop loop, ServerOptions options)
{
    private readonly GameAccess _access = new(options.Access, TimeProvider.System);
    private readonly ConcurrentDictionary<GatewaySession, byte> _sessions = new();
    private long _accepted;
    private long _refused;

    /// <summary>Connections at the moment.</summary>
    public int Count => _sessions.Count;

    /// <summary>Connections taken since the start.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Connections closed for what they sent.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Serves one request for a session, until the client goes.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            await context.Response.WriteAsync("this is a WebSocket endpoint of Banyan\n").ConfigureAwait(false);
            return;
        }

        if (await RefuseAsync(context).ConfigureAwait(false)) return;
        if (_sessions.Count >= options.SessionsMax)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.FromSeconds(5), KeepAliveTimeout = TimeSpan.FromSeconds(10) }).ConfigureAwait(false);
        var session = new GatewaySession(socket, loop, options);
        _sessions.TryAdd(session, 0);
        Interlocked.Increment(ref _accepted);
        try
        {
            await session.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _sessions.TryRemove(session, out _);
            if (session.Fault is not null) Interlocked.Increment(ref _refused);
        }
    }

    /// <summary>Answers a request that only an operator may make, if it is not one's.</summary>
    /// <returns>Whether it was refused, and is answered.</returns>
    public async Task<bool> RefuseAsync(HttpContext context)
    {
        if (_access.Operate(context.Request) is not { } refusal) return false;
        Interlocked.Increment(ref _refused);
        context.Response.StatusCode = refusal.Status;
        await context.Response.WriteAsync(refusal.Why + "\n").ConfigureAwait(false);
        return true;
    }

    /// <summary>Closes all sessions.</summary>
    public void CloseAll()
    {
        foreach (GatewaySession session in _sessions.Keys) session.Close();
    }
}
