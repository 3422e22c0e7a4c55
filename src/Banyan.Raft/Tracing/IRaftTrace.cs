namespace Banyan.Raft;

/// <summary>Hears every step of one member, so that a real run can be held against the specification. Null where nobody listens.</summary>
public interface IRaftTrace
{
    /// <summary>A step was taken; called at once, in order.</summary>
    void On(in RaftEvent step);
}
