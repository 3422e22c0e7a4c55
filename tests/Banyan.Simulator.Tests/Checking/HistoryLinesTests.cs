using System.Buffers;
using System.Text;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Tests.Checking;

/// <summary>Histories as lines of JSON.</summary>
public class HistoryLinesTests
{
    private static readonly ClientOperation[] _operations =
    [
        new(3, 120, 250, OperationOutcome.Ok, [MicroOperation.Append("x", 7), MicroOperation.ReadList("x", 4, 7), MicroOperation.ReadList("\"y\" ü", [])]),
        new(-1, 0, null, OperationOutcome.Unknown, [MicroOperation.Write("x", null), MicroOperation.Add("s", long.MinValue)]),
        new(4, 1, 2, OperationOutcome.Failed, [MicroOperation.Read("x", null), MicroOperation.CompareAndSet("x", null, 5, applied: false)]),
        new(5, long.MaxValue - 1, long.MaxValue, OperationOutcome.Ok, []),
    ];

    [Fact]
    public void What_is_written_is_read_again()
    {
        var writer = new ArrayBufferWriter<byte>();
        foreach (ClientOperation operation in _operations) HistoryLines.Write(writer, operation);
        Assert.True(HistoryLines.TryReadAll(writer.WrittenSpan, out IReadOnlyList<ClientOperation> history, out _));
        Assert.Equal(_operations, history);
    }

    [Fact]
    public void A_line_looks_as_documented() => Assert.Equal(
        """{"client":3,"invoked":120,"returned":250,"outcome":"ok","steps":[{"do":"append","key":"x","value":7},{"do":"readList","key":"x","list":[4,7]}]}""",
        HistoryLines.ToLine(new(3, 120, 250, OperationOutcome.Ok, [MicroOperation.Append("x", 7), MicroOperation.ReadList("x", 4, 7)])));

    [Fact]
    public void Unknown_names_and_blank_lines_do_not_matter()
    {
        string text = "\n{\"node\":[1,{}],\"client\":1,\"invoked\":2,\"returned\":3,\"outcome\":\"ok\",\"steps\":[{\"do\":\"read\",\"key\":\"x\",\"value\":null,\"why\":{}}]}\r\n\n";
        Assert.True(HistoryLines.TryReadAll(Encoding.UTF8.GetBytes(text), out IReadOnlyList<ClientOperation> history, out _));
        Assert.Equal([new ClientOperation(1, 2, 3, OperationOutcome.Ok, [MicroOperation.Read("x", null)])], history);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("{\"client\":1,\"invoked\":2,\"outcome\":\"ok\",\"steps\":[]}")]
    [InlineData("{\"client\":1,\"invoked\":2,\"outcome\":\"fine\",\"steps\":[]}")]
    [InlineData("{\"client\":\"1\",\"invoked\":2,\"outcome\":\"failed\",\"steps\":[]}")]
    [InlineData("{\"client\":1.5,\"invoked\":2,\"outcome\":\"failed\",\"steps\":[]}")]
    [InlineData("{\"client\":1,\"invoked\":2,\"outcome\":\"failed\",\"steps\":{}}")]
    [InlineData("{\"client\":1,\"invoked\":2,\"outcome\":\"failed\",\"steps\":[{\"do\":\"append\",\"key\":\"x\"}]}")]
    [InlineData("{\"client\":1,\"invoked\":2,\"outcome\":\"failed\",\"steps\":[{\"do\":\"read\"}]}")]
    [InlineData("{\"client\":1,\"invoked\":2,\"outcome\":\"failed\",\"steps\":[{\"do\":\"readList\",\"key\":\"x\",\"list\":[1,\"2\"]}]}")]
    [InlineData("{\"client\":1,\"invoked\":2,\"outcome\":\"failed\",\"steps\":[]} {}")]
    [InlineData("{\"client\":1,\"invoked\":2,\"outcome\":\"failed\",\"steps\":[]")]
    [InlineData("{\"\\ud800\":1}")]
    public void What_is_no_operation_is_refused(string line) => Assert.False(HistoryLines.TryRead(Encoding.UTF8.GetBytes(line), out _));

    [Fact]
    public void Every_beginning_of_a_line_is_refused()
    {
        byte[] line = Encoding.UTF8.GetBytes(HistoryLines.ToLine(_operations[0]));
        for (int length = 0; length < line.Length; length++) Assert.False(HistoryLines.TryRead(line.AsSpan(0, length), out _));
    }

    [Fact]
    public void The_first_bad_line_is_named()
    {
        string good = HistoryLines.ToLine(_operations[0]);
        Assert.False(HistoryLines.TryReadAll(Encoding.UTF8.GetBytes($"{good}\n\noops\n{good}"), out _, out int badLine));
        Assert.Equal(3, badLine);
    }
}
