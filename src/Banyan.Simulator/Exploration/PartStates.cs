using System.Runtime.InteropServices;
using Banyan.Primitives;

namespace Banyan.Simulator.Exploration;

/// <summary>The states that the parts of a system can be in, each with a number, and what each input makes of them.</summary>
/// <remarks>
/// The objects of the real code cannot be copied. So a state is remembered as the inputs that lead to it, and made again
/// by repeating them. A step is run once: in whatever surroundings it is taken again, a part can see nothing but its own
/// inputs, and does the same.
/// </remarks>
internal sealed class PartStates(Func<int, IExploredPart> start)
{
    private readonly List<State> _states = [];
    private readonly Dictionary<(int Part, ulong Hash), int> _byHash = [];
    private readonly Dictionary<(int State, int Input), Step> _steps = [];
    private readonly List<byte[]> _messages = [];
    private readonly List<(int From, int To)> _links = [];
    private readonly Dictionary<(int From, int To, ulong Hash), int> _byContent = [];

    // The object made last of each part, and the state that it is in: a path mostly goes on from there.
    private readonly SortedDictionary<int, (int State, IExploredPart Object)> _latest = [];

    private sealed record State(int Part, int Before, int Input, ulong History, object View);

    /// <summary>What came of an input.</summary>
    /// <param name="Next">The state after it; the one before if it was violated.</param>
    /// <param name="Sent">Numbers of messages.</param>
    /// <param name="Violation">The invariant that the code itself found broken.</param>
    public sealed record Step(int Next, int[] Sent, string? Violation);

    /// <summary>Steps of the real code run so far, without those that were repeated to get to a state.</summary>
    public long Executions => _steps.Count;

    /// <summary>The first state of a part, and what it sends at the start.</summary>
    public (int State, int[] Sent) Start(int part)
    {
        IExploredPart fresh = start(part);
        int[] sent = Number(part, fresh.TakeSent());
        return (Number(part, fresh, before: -1, input: 0, history: StableHash.Add(0, (ulong)part)), sent);
    }

    public int PartOf(int state) => _states[state].Part;

    public object ViewOf(int state) => _states[state].View;

    public int ReceiverOf(int message) => _links[message].To;

    public (int From, int To) LinkOf(int message) => _links[message];

    public byte[] Content(int message) => _messages[message];

    /// <summary>Gives an input to a state: the number of a message, or a negative one for anything else.</summary>
    public Step Take(int state, int input)
    {
        if (_steps.TryGetValue((state, input), out Step? known)) return known;
        Step step;
        try
        {
            IExploredPart part = TakeLatest(state) ?? Make(state);
            Give(part, input);
            int[] sent = Number(_states[state].Part, part.TakeSent());
            ulong history = StableHash.Add(_states[state].History, input < 0 ? (ulong)-input : StableHash.Add(0, _messages[input]));
            step = new(Number(_states[state].Part, part, state, input, history), sent, null);
            _latest[_states[state].Part] = (step.Next, part);
        }
        catch (InvariantViolation broken)
        {
            step = new(state, [], broken.Message);
        }

        _steps.Add((state, input), step);
        return step;
    }

    /// <summary>Makes the object of a state.</summary>
    public IExploredPart Make(int state)
    {
        var inputs = new Stack<int>();
        int at = state;
        for (; _states[at].Before >= 0; at = _states[at].Before) inputs.Push(_states[at].Input);
        IExploredPart part = start(_states[at].Part);
        foreach (int input in inputs) Give(part, input);
        part.TakeSent();
        return part;
    }

    private IExploredPart? TakeLatest(int state) =>
        _latest.Remove(_states[state].Part, out (int State, IExploredPart Object) latest) && latest.State == state ? latest.Object : null;

    private void Give(IExploredPart part, int input)
    {
        if (input < 0) part.Take(input);
        else part.Receive(_messages[input]);
    }

    private int Number(int part, IExploredPart made, int before, int input, ulong history)
    {
        ulong hash = made.Hash(history);
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_byHash, (part, hash), out bool exists);
        if (exists) return number;
        number = _states.Count;
        _states.Add(new(part, before, input, history, made.View()));
        return number;
    }

    private int[] Number(int from, List<(int To, byte[] Message)> sent)
    {
        var numbers = new int[sent.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            (int to, byte[] message) = sent[i];
            ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_byContent, (from, to, StableHash.Add(0, message)), out bool exists);
            if (!exists)
            {
                number = _messages.Count;
                _messages.Add(message);
                _links.Add((from, to));
            }

            numbers[i] = number;
        }

        return numbers;
    }
}
