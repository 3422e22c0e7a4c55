using Banyan.Client;
using Banyan.Primitives;
using Banyan.Scene.Operations;

namespace Banyan.Bench.World;

/// <summary>Brings a generated world into a running cluster.</summary>
public static class WorldLoad
{
    /// <summary>Cuts the key space; the ranges' leaders go round the servers.</summary>
    public static async Task CutAsync(BanyanClient client, IEnumerable<Key> cuts, int servers, Action<int>? done = null)
    {
        int cut = 0;
        foreach (Key key in cuts)
        {
            cut++;
            await client.CutRangeAsync(key, new ServerId((uint)(cut % servers) + 1)).ConfigureAwait(false);
            done?.Invoke(cut);
        }
    }

    /// <summary>Spawns all nodes, one transaction after the other.</summary>
    /// <exception cref="InvalidOperationException">A transaction did not commit.</exception>
    public static async Task SpawnAsync(BanyanClient client, GeneratedWorld world)
    {
        foreach (IReadOnlyList<SceneOperation> batch in world.Batches())
        {
            TransactOutcome outcome = await client.TransactAsync(batch).ConfigureAwait(false);
            if (outcome is not TransactOutcome.Committed) throw new InvalidOperationException($"the world could not be spawned: {outcome}");
        }
    }

    /// <summary>Waits until a cluster that has just started has founded its world.</summary>
    /// <exception cref="TimeoutException">It does not in time.</exception>
    public static async Task WaitForRootAsync(BanyanClient client)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            try
            {
                await client.ReadTreeAsync(NodeRef.At(ScenePath.Root), depth: 0).ConfigureAwait(false);
                return;
            }
            catch (BanyanException)
            {
                await Task.Delay(100).ConfigureAwait(false);
            }
        }

        throw new TimeoutException("the world was not founded");
    }
}
