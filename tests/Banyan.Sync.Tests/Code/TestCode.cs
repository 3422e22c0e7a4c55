using Banyan.Godot.Text;
using Banyan.Sync.Code;

namespace Banyan.Sync.Tests.Code;

/// <summary>Code that writes down what it is told; what it does about it is the test's to say.</summary>
internal sealed class TestCode : IGameCode
{
    public List<string> Log { get; } = [];

    public IGame Game { get; private set; } = null!;

    public Action<GameCall> Calls { get; set; } = _ => { };

    public double Seconds { get; private set; }

    public void OnStart(IGame game)
    {
        Game = game;
        Log.Add($"start with {string.Join(" ", game.Peers)}");
    }

    public void OnPeerJoined(int peer) => Log.Add($"joined {peer}");

    public void OnPeerLeft(int peer) => Log.Add($"left {peer}");

    public void OnCall(GameCall call)
    {
        Log.Add($"{call.From}: {call.Node.Path}.{call.Method}({string.Join(", ", call.Arguments.Select(a => VariantText.Write(a)))})");
        Calls(call);
    }

    public void OnBytes(int peer, ReadOnlyMemory<byte> bytes) => Log.Add($"{peer}: {Convert.ToHexString(bytes.Span)}");

    public void OnTick(double seconds) => Seconds += seconds;

    public void OnStop() => Log.Add("stop");

    public string[] TakeLog()
    {
        string[] log = [.. Log];
        Log.Clear();
        return log;
    }
}
