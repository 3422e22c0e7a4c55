using Banyan.Client;
using Banyan.Client.Protocol;
using Banyan.Server.Cli;

namespace Banyan.Server.Tests.Cli;

public sealed class CommandLineTests
{
    public static TheoryData<Exception, int, string> Ends => new()
    {
        { new CommandFailed(ExitCode.Ambiguous, "who knows"), ExitCode.Ambiguous, "who knows" },
        { CommandFailed.Interrupted(), ExitCode.Failed, "interrupted" },
        { new BanyanException(FailureCode.Unavailable, "nobody there"), ExitCode.Unavailable, "nobody there" },
        { new BanyanException(FailureCode.Overloaded, "too much"), ExitCode.Unavailable, "too much" },
        { new BanyanException(FailureCode.BadRequest, "no such thing"), ExitCode.BadInput, "no such thing" },
        { new IOException("no space"), ExitCode.Failed, "no space" },
        { new UnauthorizedAccessException("not yours"), ExitCode.Failed, "not yours" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void What_a_command_has_thrown_gives_its_code_and_its_message(Exception thrown, int code, string message) =>
        Assert.Equal((code, message), CommandLine.EndOf(thrown));

    [Theory]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(TaskCanceledException))]
    [InlineData(typeof(InvalidOperationException))]
    public void What_no_command_should_throw_is_an_error_that_is_named(Type type)
    {
        var thrown = (Exception)Activator.CreateInstance(type, "in the middle of it")!;
        (int code, string message) = CommandLine.EndOf(thrown);
        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith($"banyan has failed, this is a bug: {type.FullName}: in the middle of it", message);
    }
}
