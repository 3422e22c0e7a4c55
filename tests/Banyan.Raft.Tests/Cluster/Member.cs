using System.Text;
using Banyan.Primitives;

namespace Banyan.Raft.Tests.Cluster;

/// <summary>The host of one member: does what each <see cref="Ready"/> asks for, as the contract says or deliberately not.</summary>
internal sealed class Member(RaftCluster cluster, ServerId id)
{
    private RaftGroup? _group;

    public ServerId Id => id;

    /// <summary>The member; an error while it is down.</summary>
    public RaftGroup Group => _group ?? throw new InvalidOperationException($"{id} is down");

    public bool IsUp => _group is not null;

    public MemberDisk Disk { get; } = new();

    /// <summary>The log as the group has handed it over, durable or not.</summary>
    public MemberLog Log { get; } = new();

    public AppliedState Applied { get; private set; }

    /// <summary>Writes wait until somebody calls <see cref="FlushOne"/>.</summary>
    public bool HoldsFlushes { get; set; }

    public StoreLivenessFake? Liveness { get; init; }

    public void Start()
    {
        RaftLogState state = Disk.Recover();
        Log.CopyFrom(Disk.Log);
        Applied = Disk.Applied;
        _group = new(
            cluster.Options, id, cluster.Configuration, state, Liveness ?? (IStoreLiveness)NoStoreLiveness.Instance,
            cluster.Random.Fork());
        Liveness?.OnRestart();
        cluster.Checker.OnStarted(this);
    }

    /// <summary>Loses all but a number of the writes under way.</summary>
    public void Crash(int survivors = 0)
    {
        _group = null;
        for (int i = Math.Min(survivors, Disk.UnderWay); i > 0; i--) MakeOneDurable();
        Disk.Crash(cluster.Faults);
    }

    public void Tick()
    {
        Group.Tick();
        cluster.Checker.OnStepped(this);
    }

    public void Step(RaftMessage message)
    {
        Group.Step(message);
        cluster.Checker.OnStepped(this);
    }

    public bool TryPropose(string payload) => Group.TryPropose(Encoding.UTF8.GetBytes(payload), out _, out _);

    /// <summary>Does all that the group asks for.</summary>
    public void Work()
    {
        while (Group.HasReady)
        {
            Ready ready = Group.TakeReady();
            cluster.Trace?.OnReady(this, ready);
            if (ready.SnapshotToInstall is { } snapshot) Install(snapshot);
            if (ready.EntriesToAppend.Count > 0)
            {
                cluster.Checker.OnEntries(this, ready.EntriesToAppend);
                Log.Replace(ready.EntriesToAppend);
            }

            if (ready.Write > 0)
                Disk.Add(new(ready, null, ReplacesLog: false, [.. ready.MessagesAfterFlush.Where(m => !IsEarly(m))]));
            foreach (RaftMessage message in ready.MessagesNow) cluster.Send(this, message, afterFlush: false);
            foreach (RaftMessage message in ready.MessagesAfterFlush.Where(IsEarly)) cluster.Send(this, message, afterFlush: true);
            if (cluster.Faults.HasFlag(ClusterFaults.AcknowledgesBeforeFlush)) Group.OnFlushed(ready);

            if (!HoldsFlushes) Flush();
            cluster.Checker.OnWorked(this);
            foreach (LogEntry entry in ready.Committed)
            {
                Applied = Applied.Apply(entry);
                cluster.Checker.OnApplied(this, entry);
            }

            foreach (ServerId follower in ready.SnapshotRequests) SendSnapshot(follower);
            cluster.Checker.OnStepped(this);
        }
    }

    /// <summary>Makes the oldest write durable and does what waited for it.</summary>
    public void FlushOne()
    {
        MemberDisk.Write write = MakeOneDurable();
        if (write.Ready is { } ready) Group.OnFlushed(ready);
        foreach (RaftMessage message in write.Messages) cluster.Send(this, message, afterFlush: true);
        cluster.Checker.OnStepped(this);
    }

    public void Flush()
    {
        while (Disk.UnderWay > 0) FlushOne();
    }

    /// <summary>Checkpoints the state machine and forgets entries that it covers.</summary>
    public void Compact(LogIndex through)
    {
        through = LogIndex.Min(through, Applied.Index);
        if (through <= Log.CompactedIndex) return;
        Applied = Applied with { CompactedIndex = through };
        Disk.Add(new(null, Applied, ReplacesLog: false, []));
        Group.Compact(through);
        Log.Compact(through);
        if (!HoldsFlushes) Flush();
    }

    private MemberDisk.Write MakeOneDurable()
    {
        MemberDisk.Write write = Disk.FlushOne();
        if (write.Entries.Count > 0) cluster.Checker.OnKnown(id, Disk.Log.TermAt(write.Entries[0].Index.Previous), write.Entries);
        return write;
    }

    private bool IsEarly(RaftMessage message) => cluster.Faults.HasFlag(
        message is AppendEntriesReply ? ClusterFaults.AcknowledgesBeforeFlush : ClusterFaults.VotesBeforeFlush);

    private void Install(RaftSnapshot snapshot)
    {
        Applied = AppliedState.Decode(snapshot);
        Disk.Add(new(null, Applied, ReplacesLog: true, []));
        Log.Restart(snapshot.Index, snapshot.Term);
        Group.OnSnapshotInstalled(snapshot);
        cluster.Checker.OnSnapshotInstalled(this);
    }

    private void SendSnapshot(ServerId follower) =>
        Group.SendSnapshot(follower, new(Applied.Index, Applied.Term, cluster.Configuration, Applied.Encode()));
}
