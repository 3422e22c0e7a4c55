using System.Collections.Concurrent;
using System.Text.Json;
using Banyan.Mutants;
using Banyan.Primitives;
using Banyan.Simulator;
using Banyan.Simulator.Workloads;

// Prints one JSON object a mutant and line: {"mutant", "workload", "caughtBy", "seeds"}; caughtBy is null if nothing saw it.
// With --shrink, where a run saw it, also "shrunk": {"seed", "operations", "without", "violation"}.
// Arguments: --shrink or not, how many seeds a mutant may live, operations in a run, then names of mutants (all, if there are none).
bool shrink = args is ["--shrink", ..];
if (shrink) args = args[1..];
ulong seedsMax = args.Length > 0 ? ulong.Parse(args[0]) : 400;
int operations = args.Length > 1 ? int.Parse(args[1]) : 150;
Mutant[] chosen = args.Length > 2 ? [.. MutantCatalogue.All.Where(m => args[2..].Contains(m.Name))] : MutantCatalogue.All;
if (args.Length > 2 && chosen.Length != args.Length - 2)
{
    Console.Error.WriteLine("no such mutant: " + string.Join(", ", args[2..].Except(MutantCatalogue.All.Select(m => m.Name))));
    return 2;
}

var gate = new Lock();
int survivors = 0;
// One by one: some live a hundred times as long as others.
Parallel.ForEach(Partitioner.Create(chosen, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, mutant =>
{
    Catch found = Hunt(mutant);
    Shrinking.Result? small = shrink && found.Seed is { } seed ? Shrink(mutant, found.Workload!, seed) : null;
    lock (gate)
    {
        if (found.By is null) survivors++;
        Write(mutant, found, small);
    }
});
return survivors == 0 ? 0 : 1;

Catch Hunt(Mutant mutant)
{
    ulong runs = 0;
    foreach (string exploration in mutant.Workloads.Where(Explorations.Has))
    {
        runs++;
        if (Caught(mutant.Name, () => Explorations.FirstViolation(exploration)) is { } violation) return new(exploration, violation, runs, null);
    }

    for (ulong seed = 1; seed <= seedsMax; seed++)
    {
        foreach (string workload in mutant.Workloads.Where(w => !Explorations.Has(w)))
        {
            runs++;
            var options = new RunOptions { Tune = mutant.Tune };
            string? Run() => Simulation.Run(seed, operations, WorkloadCatalogue.TryMake(workload)!, options).Violations.FirstOrDefault();
            if (Caught(mutant.Name, Run) is not { } violation) continue;
            // What is seen without the bug as well does not show that the bug is seen.
            if (Caught(null, Run) is not { } also) return new(workload, violation, runs, seed);
            Console.Error.WriteLine($"seed {seed} of {workload} fails without any bug: {also}");
        }
    }

    return new(null, null, runs, null);
}

Shrinking.Result? Shrink(Mutant mutant, string workload, ulong seed)
{
    Mutation.Activate(mutant.Name);
    try
    {
        return Shrinking.Shrink(
            seed, operations, () => WorkloadCatalogue.TryMake(workload)!, new RunOptions { Tune = mutant.Tune },
            (without, count, failed) => Console.Error.WriteLine($"{mutant.Name}: {Shrinking.Tell(without, count, failed)}"));
    }
    finally
    {
        Mutation.Activate(null);
    }
}

// With the bug switched on, if any; what a run dies of would have stopped a server as well.
static string? Caught(string? mutant, Func<string?> run)
{
    Mutation.Activate(mutant);
    try
    {
        return run();
    }
    catch (Exception e)
    {
        return e.Message;
    }
    finally
    {
        Mutation.Activate(null);
    }
}

static void Write(Mutant mutant, Catch found, Shrinking.Result? small)
{
    using Stream output = Console.OpenStandardOutput();
    using (var w = new Utf8JsonWriter(output))
    {
        w.WriteStartObject();
        w.WriteString("mutant", mutant.Name);
        w.WriteString("workload", found.Workload);
        w.WriteString("caughtBy", found.By?.Split('\n')[0]);
        w.WriteNumber("seeds", found.Runs);
        if (small is not null)
        {
            w.WriteStartObject("shrunk");
            w.WriteNumber("seed", found.Seed!.Value);
            w.WriteNumber("operations", small.Operations);
            w.WriteStartArray("without");
            foreach (string kind in small.Without) w.WriteStringValue(kind);
            w.WriteEndArray();
            w.WriteString("violation", small.Verdict.Violations[0].Split('\n')[0]);
            w.WriteEndObject();
        }

        w.WriteEndObject();
    }

    output.Write("\n"u8);
}

// What saw a mutant, after how many runs; the seed, if it was a run of the simulator.
internal sealed record Catch(string? Workload, string? By, ulong Runs, ulong? Seed);
