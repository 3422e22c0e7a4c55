using Banyan.Server.Games;
using Banyan.Sync.Code;

namespace Banyan.Server.Tests.Games;

public sealed class GameCodeAssemblyTests
{
    private static readonly string _own = typeof(GameCodeAssemblyTests).Assembly.Location;

    [Fact]
    public void Each_start_gets_an_instance_of_its_own_that_is_code_to_this_program()
    {
        Func<IGameCode> make = GameCodeAssembly.Load(_own, typeof(QuietCode).FullName);
        IGameCode first = make();
        Assert.NotSame(first, make());
        Assert.Equal(typeof(QuietCode).FullName, first.GetType().FullName);
        // Loaded once more, beside what this program has itself.
        Assert.NotEqual(typeof(QuietCode), first.GetType());
    }

    [Fact]
    public void What_is_wrong_is_said()
    {
        Assert.Equal("/nowhere/x.dll: no such file", Why("/nowhere/x.dll"));
        string text = Path.Combine(AppContext.BaseDirectory, "no-assembly.txt");
        File.WriteAllText(text, "no assembly");
        Assert.StartsWith(text + ": ", Why(text));
        string none = typeof(Godot.Variants.Variant).Assembly.Location;
        Assert.Equal(none + ": no public class that implements Banyan.Sync.Code.IGameCode", Why(none));
        Assert.Equal(
            _own + ": several classes implement Banyan.Sync.Code.IGameCode: Banyan.Server.Tests.Games.BrokenCode, Banyan.Server.Tests.Games.ParametersCode, Banyan.Server.Tests.Games.QuietCode; --code-type says which",
            Why(_own));
        Assert.Contains("no public class Nobody that implements", Why(_own, "Nobody"));
        Assert.Contains("ParametersCode has no public constructor without parameters", Why(_own, typeof(ParametersCode).FullName));
        Assert.Contains("the constructor of Banyan.Server.Tests.Games.BrokenCode has thrown System.InvalidOperationException: not today", Why(_own, typeof(BrokenCode).FullName));
    }

    private static string Why(string path, string? type = null) => Assert.Throws<GameCodeException>(() => GameCodeAssembly.Load(path, type)).Message;
}

/// <summary>Does nothing.</summary>
public class QuietCode : IGameCode
{
    /// <inheritdoc/>
    public void OnStart(IGame game)
    {
    }

    /// <inheritdoc/>
    public void OnCall(GameCall call)
    {
    }
}

/// <summary>Cannot be made.</summary>
public sealed class BrokenCode : QuietCode
{
    /// <summary>Throws.</summary>
    public BrokenCode() => throw new InvalidOperationException("not today");
}

/// <summary>Needs something that nobody has for it.</summary>
public sealed class ParametersCode(int number) : QuietCode
{
    /// <summary>What it needs.</summary>
    public int Number => number;
}
