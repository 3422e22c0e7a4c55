using Banyan.Primitives;
using Banyan.Sync.Code;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>
/// What clients have asked the game's code, and what it has done, on whichever server: it must take every question of a client
/// in order, and never may two servers' code change the game beside each other.
/// </summary>
/// <param name="violate">Told what must not be.</param>
internal sealed class CodeLedger(Action<string> violate)
{
    private readonly SortedDictionary<int, int> _asked = [];
    private readonly SortedDictionary<int, int> _taken = [];
    private readonly SortedDictionary<long, string> _turns = [];
    private readonly SortedDictionary<int, int> _answered = [];

    /// <summary>Starts of the code.</summary>
    public int Starts { get; private set; }

    /// <summary>Questions that the code was told, counted again if they came again after a takeover.</summary>
    public long TakenCount { get; private set; }

    /// <summary>Answers that have come to clients.</summary>
    public long AnsweredCount { get; private set; }

    /// <summary>The code starts somewhere; the number of the start.</summary>
    public int Start() => ++Starts;

    /// <summary>A client asks; the number of its question.</summary>
    public int Ask(GameClient client) => _asked[client.Number] = _asked.GetValueOrDefault(client.Number) + 1;

    /// <summary>The code is told a question.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="number">The question's.</param>
    /// <param name="before">The last one that this start was told; 0 for none.</param>
    public void Take(GameClient client, int number, int before)
    {
        TakenCount++;
        int last = _taken.GetValueOrDefault(client.Number);
        if (number > last + 1) violate($"the code has question {number} of {client} after {last}");
        // Only who starts anew may hear of one again.
        if (before > 0 && number != before + 1) violate($"the code has question {number} of {client} after {before}, within one start");
        _taken[client.Number] = Math.Max(last, number);
    }

    /// <summary>A change of the code was made.</summary>
    /// <param name="turn">The game's turn after it.</param>
    /// <param name="by">Whose change.</param>
    public void Made(long turn, string by)
    {
        if (!_turns.TryAdd(turn, by)) violate($"turn {turn} was made by {_turns[turn]} and by {by}");
    }

    /// <summary>An answer has come.</summary>
    public void Answer(GameClient client, int number)
    {
        AnsweredCount++;
        if (number > _asked.GetValueOrDefault(client.Number)) violate($"{client} has an answer to question {number}, which it has not asked");
        if (number < _answered.GetValueOrDefault(client.Number)) violate($"{client} has an answer to question {number} after {_answered[client.Number]}");
        _answered[client.Number] = number;
    }

    /// <summary>What is not as it must be once all is quiet.</summary>
    /// <param name="clients">Those that are there.</param>
    /// <param name="turn">The game's turn.</param>
    public IEnumerable<string> Unfinished(IEnumerable<GameClient> clients, long turn)
    {
        foreach (GameClient client in clients)
        {
            (int asked, int taken) = (_asked.GetValueOrDefault(client.Number), _taken.GetValueOrDefault(client.Number));
            if (taken < asked) yield return $"the code lacks questions {taken + 1} to {asked} of {client}";
            long answered = client.Player?.Get("answered") is { IsNil: false } value ? value.AsInt() : 0;
            if (answered != asked) yield return $"{client} has {answered} of {asked} questions answered";
        }

        long last = _turns.Count == 0 ? 0 : _turns.Keys.Last();
        if (turn < last) yield return $"the game is at turn {turn}, and turn {last} was made by {_turns[last]}";
    }
}
