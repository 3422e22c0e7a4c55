using System.Diagnostics;
using System.Security.Cryptography;
using Banyan.Server.Hosting;
using Banyan.Sync.Hosting;

namespace Banyan.Server.Games;

/// <summary>The machine around a host of Godot clients.</summary>
internal sealed class GameHostEdge(StoreLoop loop) : IHostEdge
{
    public long Microseconds => (long)Stopwatch.GetElapsedTime(0).TotalMicroseconds;

    public void FillRandom(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);

    public void Post(Action action) => loop.Post(_ => action());

    public void Log(string line) => Console.Error.WriteLine(line);
}
