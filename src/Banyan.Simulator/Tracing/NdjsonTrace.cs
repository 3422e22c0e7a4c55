using System.Buffers;
using System.Text.Json;
using Banyan.Kv.Tracing;
using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Simulator.Tracing;

/// <summary>Writes protocol steps as lines of JSON, in the order in which they happen, for the modules under specs that replay them.</summary>
/// <remarks>
/// Every line has "topic" (a folder of specs), "time", "sequence" (both together order the lines of several servers) and
/// "event"; what else there is, the README of the topic says.
/// </remarks>
public sealed partial class NdjsonTrace : IStoreTrace, IDisposable
{
    private static readonly JsonWriterOptions _unchecked = new() { SkipValidation = true };

    private readonly Stream _stream;
    private readonly Func<ulong> _time;
    private readonly ArrayBufferWriter<byte> _line = new(512);
    private readonly Utf8JsonWriter _json;
    private readonly string[] _raftSteps = Enum.GetNames<RaftStep>();
    private ulong _sequence;

    /// <summary>Begins a trace.</summary>
    /// <param name="stream">Where lines go; closed by <see cref="Dispose"/>.</param>
    /// <param name="time">What time it is, in a unit of the caller's. Never goes back.</param>
    /// <param name="sequence">Of the last line that is there already.</param>
    public NdjsonTrace(Stream stream, Func<ulong> time, ulong sequence = 0)
    {
        _sequence = sequence;
        _stream = stream;
        _time = time;
        _json = new(_line, _unchecked);
    }

    /// <summary>How many lines there are.</summary>
    public ulong Lines => _sequence;

    /// <inheritdoc/>
    public IRaftTrace OfGroup(ServerId server, RangeId range) => new Member(this, server, range);

    /// <summary>Hands everything on to the stream.</summary>
    public void Flush() => _stream.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
        _json.Dispose();
        _stream.Dispose();
    }

    private void Begin(string topic, string name)
    {
        _line.ResetWrittenCount();
        _json.Reset(_line);
        _json.WriteStartObject();
        _json.WriteString("topic", topic);
        _json.WriteNumber("time", _time());
        _json.WriteNumber("sequence", ++_sequence);
        _json.WriteString("event", name);
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _line.Write("\n"u8);
        _stream.Write(_line.WrittenSpan);
    }

    private sealed class Member(NdjsonTrace trace, ServerId server, RangeId range) : IRaftTrace
    {
        public void On(in RaftEvent step) => trace.Write(server, range, step);
    }

    private void Write(ServerId server, RangeId range, in RaftEvent step)
    {
        Begin("log-replication", _raftSteps[(int)step.Step]);
        _json.WriteNumber("range", range.Value);
        _json.WriteNumber("server", server.Value);
        switch (step.Step)
        {
            case RaftStep.Campaign or RaftStep.BecomeLeader or RaftStep.LearnTerm or RaftStep.StepDown:
                WriteTerm(step);
                break;
            case RaftStep.Vote:
                WriteTerm(step);
                _json.WriteNumber("candidate", step.Server.Value);
                break;
            case RaftStep.Propose or RaftStep.Commit:
                WriteTerm(step);
                _json.WriteNumber("index", step.Last.Value);
                break;
            case RaftStep.Accept:
                WriteTerm(step);
                _json.WriteNumber("prev", step.Previous.Value);
                _json.WriteNumber("last", step.Last.Value);
                _json.WriteNumber("commit", step.Commit.Value);
                break;
            case RaftStep.Flush:
                _json.WriteNumber("write", step.Write);
                break;
            default:
                WriteState(step);
                break;
        }

        End();
    }

    private void WriteTerm(in RaftEvent step) => _json.WriteNumber("term", step.Term.Value);

    private void WriteState(in RaftEvent step)
    {
        if (step.Step == RaftStep.Write) _json.WriteNumber("write", step.Write);
        WriteTerm(step);
        if (step.Step is RaftStep.Write or RaftStep.Restart) _json.WriteNumber("vote", step.Server.Value);
        _json.WriteNumber("last", step.Last.Value);
        _json.WriteNumber("lastTerm", step.LastTerm.Value);
        if (step.Step != RaftStep.Install) _json.WriteNumber("commit", step.Commit.Value);
    }
}
