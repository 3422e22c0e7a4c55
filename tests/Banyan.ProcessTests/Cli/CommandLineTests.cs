using System.Text.Json;

namespace Banyan.ProcessTests.Cli;

public class CommandLineTests
{
    private static readonly Uri _nobody = new("http://127.0.0.1:9");

    [Fact]
    public async Task Every_command_has_help()
    {
        string root = (await BanyanCommand.RunAsync("--help")).AssertDone().Output;
        string[][] commands =
        [
            ["serve"], ["demo"], ["token"], ["import"], ["tree"], ["get"], ["set"], ["spawn"], ["mv"], ["rm"], ["txn"], ["watch"], ["status"],
            ["scene"], ["scene", "dump"], ["sim"], ["sim", "explore"], ["sim", "mutants"], ["torture"], ["torture", "check"], ["bench"],
        ];
        await Task.WhenAll(commands.Select(async command =>
        {
            Assert.Contains($"\n  {command[0]} ", root);
            string help = (await BanyanCommand.RunAsync([.. command, "--help"])).AssertDone().Output;
            Assert.StartsWith("Description:\n  ", help);
            Assert.Contains($"Usage:\n  banyan {string.Join(' ', command)} ", help);
        }));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("scene", "nonsense")]
    [InlineData("tree", "--depth", "deep")]
    [InlineData("get")]
    [InlineData("set", "/root", "x")]
    [InlineData("rm")]
    [InlineData("sim", "--seeds", "5..1")]
    [InlineData("sim", "--seeds", "1..3", "--shrink")]
    [InlineData("sim", "--servers", "10")]
    [InlineData("sim", "--workload", "nonsense")]
    [InlineData("sim", "explore", "nonsense")]
    [InlineData("sim", "mutants", "nonsense")]
    [InlineData("sim", "--ops", "some")]
    [InlineData("torture", "--seed", "-1")]
    [InlineData("torture", "--minutes", "0")]
    [InlineData("torture", "check", "nowhere")]
    [InlineData("tree", "-g", "nonsense")]
    [InlineData("tree", "-g", "ftp://127.0.0.1:9")]
    public async Task A_command_line_that_makes_no_sense_ends_with_code_2_and_says_why(params string[] arguments)
    {
        BanyanCommand command = await BanyanCommand.RunAsync(arguments);
        Assert.True(command.ExitCode == 2, command.ToString());
        Assert.NotEqual("", command.Error);
        Assert.DoesNotContain("   at ", command.Error);
        Assert.DoesNotContain("System.", command.Error);
    }

    [Theory]
    [InlineData("tree")]
    [InlineData("get", "/root")]
    [InlineData("set", "/root", "x", "1")]
    [InlineData("spawn", "/root/A")]
    [InlineData("mv", "/root/A", "/root/B")]
    [InlineData("rm", "/root/A")]
    [InlineData("watch")]
    [InlineData("status")]
    public async Task A_gateway_that_is_not_there_ends_with_code_3_and_its_address(params string[] arguments) =>
        (await BanyanCommand.RunAsync(_nobody, arguments)).AssertFailed(3, "http://127.0.0.1:9/: ");

    [Fact]
    public async Task Import_and_txn_look_at_their_files_before_they_look_for_a_gateway()
    {
        using TemporaryFile bad = new("nonsense", "bad.tscn");
        (await BanyanCommand.RunAsync(_nobody, "import", bad.Path)).AssertFailed(2, "res://bad.tscn:1:1: ");
        (await BanyanCommand.RunAsync(_nobody, "import", Checkout.Town)).AssertFailed(3, "http://127.0.0.1:9/: ");
        using TemporaryFile batch = new("""[{"op":"rm","node":"/root/A"}]""");
        (await BanyanCommand.RunAsync(_nobody, "txn", batch.Path)).AssertFailed(3, "http://127.0.0.1:9/: ");
    }

    [Fact]
    public async Task A_run_of_the_simulator_is_the_same_again()
    {
        BanyanCommand first = await BanyanCommand.RunAsync("sim", "--seed", "7", "--ops", "20", "--json");
        Assert.Equal("clean", first.Json.GetProperty("verdict").GetString());
        Assert.Equal(first.Output, (await BanyanCommand.RunAsync("sim", "--seed", "7", "--ops", "20", "--json")).Output);
    }

    [Fact]
    public async Task A_run_that_has_caught_a_mutant_is_shrunk()
    {
        BanyanCommand command = await BanyanCommand.RunAsync("sim", "mutants", "append-without-looking-back", "--ops", "60", "--shrink", "--json");
        JsonElement mutant = Assert.Single(command.Json.EnumerateArray());
        JsonElement shrunk = mutant.GetProperty("shrunk");
        Assert.InRange(shrunk.GetProperty("operations").GetInt32(), 1, 59);
        Assert.NotEqual(0, shrunk.GetProperty("without").GetArrayLength());
        Assert.NotEqual("", shrunk.GetProperty("violation").GetString());
        Assert.Contains("append-without-looking-back: fails: 60 operations", command.Error);
    }
}
