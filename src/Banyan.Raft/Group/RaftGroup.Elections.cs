using Banyan.Primitives;

namespace Banyan.Raft;

/// <content>Elections: the Raft paper's 5.2 and 5.4.1, and the thesis' pre-vote (9.6).</content>
public sealed partial class RaftGroup
{
    // A pre-vote that failed is asked again soon: the others' support for a dead leader lapses at about the same time.
    private const int PreVoteTicks = 3;

    private readonly SortedDictionary<ServerId, bool> _votes = [];
    private int _electionElapsed;
    private int _electionTimeout;
    private bool _campaignForTransfer;
    private int _ticksWithoutWord;

    /// <summary>Whether this member is bound to vote for nobody but the leader that it supports.</summary>
    private bool SupportsPromised()
    {
        if (_promisedTo.IsNone || !_liveness.Enabled) return false;
        if (Mutation.Is("vote-though-promised")) return false;
        (ulong epoch, bool supported) = _liveness.SupportFor(_promisedTo);
        return supported && epoch == _promisedEpoch;
    }

    /// <summary>Tries to lead now, if nothing forbids it.</summary>
    public void Campaign()
    {
        if (Role == RaftRole.Leader || !_configuration.IsVoter(Self)) return;
        if (SupportsPromised() && _promisedTo != Self) return;
        BecomePreCandidate();
    }

    private void TickElection()
    {
        if (!_configuration.IsVoter(Self)) return;
        if (SupportsPromised() && _promisedTo != Self)
        {
            // The promise outlasts the term in which it was given; when it lapses, there is little to wait for.
            _electionElapsed = 0;
            if (Role == RaftRole.Follower) _electionTimeout = 1 + _random.Next(PreVoteTicks * 2);
            else BecomeFollower(Term, ServerId.None);
            AskPromisedLeader();
            return;
        }

        if (++_electionElapsed < _electionTimeout) return;
        BecomePreCandidate();
    }

    // After a restart: the leader may have nothing to send, and believe that this member still knows what is committed. A
    // late answer of its former life may even say so.
    private void AskPromisedLeader()
    {
        if (!Leader.IsNone && KnowsAllCommitted) return;
        if (++_ticksWithoutWord < (Leader.IsNone ? PreVoteTicks : _options.ResendTicks)) return;
        _ticksWithoutWord = 0;
        _messagesNow.Add(new RequestVote(
            Self, _promisedTo, Term.Next, _log.LastIndex, _log.LastTerm, PreVote: true, LeaderTransfer: false));
    }

    private bool KnowsAllCommitted => _log.Committed == _log.LastIndex;

    private void BecomePreCandidate()
    {
        if (Role == RaftRole.Candidate) Trace?.On(new(RaftStep.StepDown, Term));
        Role = RaftRole.PreCandidate;
        Leader = ServerId.None;
        _campaignForTransfer = false;
        _votes.Clear();
        _electionElapsed = 0;
        _electionTimeout = PreVoteTicks + _random.Next(PreVoteTicks * 2);
        _votes[Self] = true;
        if (_configuration.IsQuorum(Voted)) WinVotes(preVote: true);
        else AskForVotes(Term.Next, preVote: true);
    }

    private void BecomeCandidate(bool forTransfer)
    {
        Role = RaftRole.Candidate;
        Leader = ServerId.None;
        Term = Term.Next;
        _vote = Self;
        Trace?.On(new(RaftStep.Campaign, Term));
        _campaignForTransfer = forTransfer;
        _votes.Clear();
        ResetElectionTimer();
        AskForVotes(Term, preVote: false);
    }

    private void AskForVotes(Term term, bool preVote)
    {
        // One's own vote counts when it is durable; the requests that carry the new term wait for that as well.
        List<RaftMessage> messages = preVote ? _messagesNow : _messagesAfterFlush;
        foreach (Progress follower in _followers)
        {
            if (!_configuration.IsVoter(follower.Server)) continue;
            messages.Add(new RequestVote(
                Self, follower.Server, term, _log.LastIndex, _log.LastTerm, preVote, _campaignForTransfer));
        }
    }

    // Who is the only voter leads from here on: earlier, a learner might be sent what another life of this server, which
    // knows of no vote, makes differently in the same term.
    private void OnVotedForSelf(Term term)
    {
        if (Role != RaftRole.Candidate || Term != term) return;
        _votes[Self] = true;
        if (_configuration.IsQuorum(Voted)) WinVotes(preVote: false);
    }

    private bool Voted(ServerId server) => _votes.TryGetValue(server, out bool granted) && granted;

    private bool Refused(ServerId server) => _votes.TryGetValue(server, out bool granted) && !granted;

    private void WinVotes(bool preVote)
    {
        if (preVote) BecomeCandidate(forTransfer: false);
        else BecomeLeader();
    }

    private void OnRequestVote(RequestVote m)
    {
        // Who asks has not heard of this leader, or has forgotten what it heard: tell it again.
        if (Role == RaftRole.Leader && _progress.TryGetValue(m.From, out Progress? asking)) asking.CommitKnown = asking.CommitSent = LogIndex.Zero;
        if (m.Term < Term || (m.PreVote && m.Term == Term))
        {
            // Tells it our term, so that it catches up.
            _messagesNow.Add(new RequestVoteReply(Self, m.From, Term, Granted: false, m.PreVote));
            return;
        }

        if (!_liveness.IsOpen || (!m.LeaderTransfer && HasLivingLeaderOtherThan(m.From)))
        {
            _messagesNow.Add(new RequestVoteReply(Self, m.From, Term, Granted: false, m.PreVote));
            return;
        }

        bool upToDate = m.LastTerm > _log.LastTerm || (m.LastTerm == _log.LastTerm && m.LastIndex >= _log.LastIndex);
        if (m.PreVote)
        {
            // A granted question carries the term that it was asked for; nothing is promised.
            upToDate |= Mutation.Is("vote-for-a-shorter-log");
            _messagesNow.Add(new RequestVoteReply(Self, m.From, upToDate ? m.Term : Term, upToDate, PreVote: true));
            return;
        }

        if (m.Term > Term) BecomeFollower(m.Term, ServerId.None);
        bool granted = (upToDate || Mutation.Is("vote-for-a-shorter-log")) && (_vote.IsNone || _vote == m.From || Mutation.Is("vote-twice")) && Role == RaftRole.Follower && Leader.IsNone;
        if (granted)
        {
            _vote = m.From;
            Trace?.On(new(RaftStep.Vote, Term) { Server = m.From });
            // The leader stepped down of its own will: nobody is owed the promise that was made to it.
            if (m.LeaderTransfer) (_promisedTo, _promisedEpoch) = (ServerId.None, 0);
            ResetElectionTimer();
        }

        _messagesAfterFlush.Add(new RequestVoteReply(Self, m.From, Term, granted, PreVote: false));
    }

    /// <summary>Check-quorum's other half: who has a leader helps nobody to depose it.</summary>
    private bool HasLivingLeaderOtherThan(ServerId candidate)
    {
        if (SupportsPromised() && _promisedTo != candidate) return true;
        if (Role == RaftRole.Leader) return _liveness.Enabled ? LeadSupportedUntil > _liveness.Now : _ticksWithoutQuorum == 0;
        return !_liveness.Enabled && !Leader.IsNone && Leader != candidate && _electionElapsed < _options.ElectionTicks;
    }

    private void OnRequestVoteReply(RequestVoteReply m)
    {
        if (m.Term > Term && !(m.PreVote && m.Granted))
        {
            BecomeFollower(m.Term, ServerId.None);
            return;
        }

        bool counts = m.PreVote
            ? Role == RaftRole.PreCandidate && (!m.Granted || m.Term == Term.Next)
            : Role == RaftRole.Candidate && m.Term == Term;
        if (!counts) return;
        _votes[m.From] = m.Granted || Voted(m.From);
        if (_configuration.IsQuorum(Voted)) WinVotes(m.PreVote);
        else if (!m.PreVote && _configuration.IsQuorum(Refused)) BecomeFollower(Term, ServerId.None);
    }

    private void OnTimeoutNow(TimeoutNow m)
    {
        if (m.Term != Term || Role != RaftRole.Follower || !_configuration.IsVoter(Self)) return;
        // The leader of this term has stepped down of its own will: the promise to it is over, here as with the voters.
        (_promisedTo, _promisedEpoch) = (ServerId.None, 0);
        BecomeCandidate(forTransfer: true);
    }

    private void ResetElectionTimer()
    {
        _electionElapsed = 0;
        _electionTimeout = _options.ElectionTicks + _random.Next(_options.ElectionTicks);
    }
}
