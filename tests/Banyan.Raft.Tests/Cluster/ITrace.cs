namespace Banyan.Raft.Tests.Cluster;

/// <summary>Is told what the members do, to write it down.</summary>
internal interface ITrace
{
    void OnReady(Member member, Ready ready);

    void OnSent(RaftMessage message, bool afterFlush);
}
