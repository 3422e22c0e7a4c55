using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Banyan.ProcessTests.Torture;

public class TortureTests
{
    [Fact]
    public async Task Ten_seconds_of_killed_paused_and_cut_off_servers_break_no_promise_and_a_tampered_history_of_them_is_refused()
    {
        using TemporaryFolder folder = new();
        JsonElement result = (await TortureAsync(
            folder, "--minutes", "0.17", "--seed", "11", "--rate", "1500", "--faults", "kill,pause,partition", "--keep-histories")).Json;
        AssertGood(result, "kill", "pause", "partition");
        Assert.InRange(result.GetProperty("operations").GetInt64(), 100, long.MaxValue);
        Assert.InRange(result.GetProperty("ok").GetInt64(), 100, result.GetProperty("operations").GetInt64());

        // The control: would the checkers have seen anything?
        string histories = Path.Combine(folder.Path, "histories");
        (await BanyanCommand.RunAsync("torture", "check", histories)).AssertDone();
        await AssertRefusedAsync(histories, "lists.jsonl", "lost-write", ForgetTheLast);
        await AssertRefusedAsync(histories, "registers.jsonl", "phantom", InventAValue);
        await AssertRefusedAsync(histories, "registers.jsonl", "is not linearizable", ReadWhatStoodThereFirst);
        await AssertRefusedAsync(histories, "snapshots.jsonl", "torn", LoseACoin);
        (await BanyanCommand.RunAsync("torture", "check", histories)).AssertDone();
    }

    [Fact]
    public async Task A_link_that_is_cut_in_one_direction_breaks_no_promise()
    {
        using TemporaryFolder folder = new();
        AssertGood((await TortureAsync(folder, "--minutes", "0.08", "--seed", "3", "--rate", "800", "--faults", "one-way")).Json, "one-way");
    }

    [Fact]
    public async Task A_server_with_a_flipped_bit_in_its_log_refuses_to_start_and_the_others_go_on()
    {
        using TemporaryFolder folder = new();
        AssertGood((await TortureAsync(folder, "--minutes", "0.08", "--seed", "5", "--rate", "800", "--faults", "damage")).Json, "damage");
    }

    [Fact]
    public async Task A_run_that_is_interrupted_leaves_no_process_and_no_data()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are looked up in /proc");
        using TemporaryFolder folder = new();
        using Process torture = BanyanCommand.StartInForeground(null, ["torture", "--minutes", "5", "--folder", folder.Path, "--faults", "pause,kill"]);
        await Poll.UntilAsync(() => ServersIn(folder.Path) == 3, () => "three servers to start");
        await Signal.InterruptAsync(torture);
        BanyanCommand end = await BanyanCommand.EndAsync(torture);
        Assert.Equal(1, end.ExitCode);
        Assert.Contains("interrupted", end.Error);
        await Poll.UntilAsync(() => ServersIn(folder.Path) == 0, () => "the servers to be gone");
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "data")));
    }

    [Theory]
    [InlineData("--faults: no kind \"flood\"", "--faults", "kill,flood")]
    [InlineData("--minutes 0:", "--minutes", "0")]
    [InlineData("--servers 99:", "--servers", "99")]
    [InlineData("no such folder", "check", "not-there")]
    public async Task Options_that_make_no_sense_are_bad_input(string message, params string[] options) =>
        (await BanyanCommand.RunAsync(["torture", .. options])).AssertFailed(2, message);

    private static Task<BanyanCommand> TortureAsync(TemporaryFolder folder, params string[] options) =>
        BanyanCommand.RunAsync(["torture", "--json", "--folder", folder.Path, .. options]);

    private static void AssertGood(JsonElement result, params string[] faults)
    {
        Assert.Empty(result.GetProperty("violations").EnumerateArray());
        Assert.Empty(result.GetProperty("leftOut").EnumerateObject());
        foreach (string fault in faults) Assert.InRange(result.GetProperty("faults").GetProperty(fault).GetInt32(), 1, int.MaxValue);
    }

    // Changes one operation of one history, has it checked, and puts it back.
    private static async Task AssertRefusedAsync(string histories, string suffix, string violation, Func<List<JsonNode>, bool> tamper)
    {
        foreach (string file in Directory.GetFiles(histories, "*" + suffix))
        {
            string[] before = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            List<JsonNode> operations = [.. before.Select(line => JsonNode.Parse(line)!)];
            if (!tamper(operations)) continue;
            await File.WriteAllLinesAsync(file, operations.Select(o => o.ToJsonString()), TestContext.Current.CancellationToken);
            BanyanCommand check = await BanyanCommand.RunAsync("torture", "check", histories);
            Assert.True(check.ExitCode == 1, check.ToString());
            Assert.Contains(violation, check.Output);
            await File.WriteAllLinesAsync(file, before, TestContext.Current.CancellationToken);
            return;
        }

        Assert.Fail($"nothing to tamper with in {suffix}");
    }

    // The last operation reads all lists: an acknowledged element is missing there.
    private static bool ForgetTheLast(List<JsonNode> operations)
    {
        JsonArray? list = operations[^1]["steps"]!.AsArray().Select(s => s!["list"]!.AsArray()).FirstOrDefault(l => l.Count > 0 && IsAcknowledged(l[^1]!.GetValue<long>()));
        list?.RemoveAt(list.Count - 1);
        return list is not null;

        bool IsAcknowledged(long value) => operations.Exists(
            o => o["outcome"]!.GetValue<string>() == "ok" && o["steps"]!.AsArray().Any(s => s!["do"]!.GetValue<string>() == "append" && s["value"]!.GetValue<long>() == value));
    }

    private static bool InventAValue(List<JsonNode> operations)
    {
        JsonNode? read = operations.SelectMany(o => o["steps"]!.AsArray()).FirstOrDefault(s => s!["do"]!.GetValue<string>() == "read" && s["value"] is not null);
        if (read is null) return false;
        read["value"] = 999_999_999;
        return true;
    }

    // The last operation reads all registers: one holds what was written first, although it was overwritten long before.
    private static bool ReadWhatStoodThereFirst(List<JsonNode> operations)
    {
        foreach (JsonNode? last in operations[^1]["steps"]!.AsArray())
        {
            string key = last!["key"]!.GetValue<string>();
            if (key[0] != 'P' || last["value"] is null) continue;
            JsonNode? first = operations.Where(o => o["outcome"]!.GetValue<string>() == "ok").SelectMany(o => o["steps"]!.AsArray())
                .FirstOrDefault(s => s!["do"]!.GetValue<string>() == "write" && s["key"]!.GetValue<string>() == key);
            if (first is null || first["value"]!.GetValue<long>() == last["value"]!.GetValue<long>()) continue;
            last["value"] = first["value"]!.GetValue<long>();
            return true;
        }

        return false;
    }

    private static bool LoseACoin(List<JsonNode> operations)
    {
        JsonNode? coin = operations[0]["steps"]!.AsArray().FirstOrDefault(s => s!["key"]!.GetValue<string>()[0] == 'C');
        if (coin is null) return false;
        coin["value"] = -1;
        return true;
    }

    private static int ServersIn(string folder)
    {
        int count = 0;
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), out _)) continue;
            try
            {
                string command = File.ReadAllText(Path.Combine(process, "cmdline"));
                if (command.Contains("serve", StringComparison.Ordinal) && command.Contains(Path.Combine(folder, "data"), StringComparison.Ordinal)) count++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return count;
    }
}
