using Banyan.Storage;

namespace Banyan.Server.Hosting;

/// <summary>Writes and flushes rounds of the log, one at a time, beside the loop that fills the next one.</summary>
internal sealed class FlushThread : IDisposable
{
    private readonly Action<WalRound, Exception?> _written;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _due = new(0);
    private WalRound? _round;
    private volatile bool _stopping;

    public FlushThread(Action<WalRound, Exception?> written)
    {
        _written = written;
        _thread = new(Run) { Name = "banyan-flush", IsBackground = true };
    }

    public void Start() => _thread.Start();

    /// <summary>Takes the next round; the one before has been handed back.</summary>
    public void Write(WalRound round)
    {
        _round = round;
        _due.Release();
    }

    public void Dispose()
    {
        _stopping = true;
        _due.Release();
        if (_thread.IsAlive) _thread.Join();
        _due.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _due.Wait();
            if (_stopping) return;
            WalRound round = _round!;
            Exception? failure = null;
            try
            {
                round.Write();
            }
            catch (Exception e)
            {
                failure = e;
            }

            _written(round, failure);
        }
    }
}
