using System.Diagnostics.CodeAnalysis;

namespace Banyan.Server.Hosting;

/// <summary>What stands in files that are looked at again while a server runs, whenever somebody wants it.</summary>
/// <remarks>
/// Contents are compared, not times: what is mounted from elsewhere changes behind a link that stays. What cannot be read
/// changes nothing, and is said only if it lasts: who writes several files, or a long one, is not done at once.
/// </remarks>
/// <typeparam name="T">What is read; never changed.</typeparam>
internal sealed class RereadFiles<T>
    where T : class
{
    /// <summary>How long a look is good for.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private readonly Reader _read;
    private readonly Func<T, T, bool> _isSame;
    private readonly Func<T, string> _describe;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
    private readonly Lock _looking = new();
    private T _current;
    private long _lookedAt;
    private string _wrong = "";
    private string _said = "";

    private RereadFiles(Reader read, T first, Func<T, T, bool> isSame, Func<T, string> describe, TimeProvider time, Action<string> say)
    {
        (_read, _current, _isSame, _describe, _time, _say) = (read, first, isSame, describe, time, say);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>Reads the files; false with what is wrong, beginning with the option that names them.</summary>
    public delegate bool Reader([NotNullWhen(true)] out T? read, out string error);

    /// <summary>Reads them for the first time; false with what is wrong.</summary>
    /// <param name="read">Reads.</param>
    /// <param name="isSame">Whether nothing has changed.</param>
    /// <param name="describe">What to say of something new.</param>
    /// <param name="time">Now.</param>
    /// <param name="say">Told of changes, and of files that cannot be used.</param>
    /// <param name="files">The files.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryOpen(
        Reader read, Func<T, T, bool> isSame, Func<T, string> describe, TimeProvider time, Action<string> say,
        [NotNullWhen(true)] out RereadFiles<T>? files, out string error)
    {
        files = read(out T? first, out error) ? new(read, first, isSame, describe, time, say) : null;
        return files is not null;
    }

    /// <summary>What they say, at most <see cref="LookEvery"/> ago; the same object until they say something else.</summary>
    public T Current
    {
        get
        {
            lock (_looking)
            {
                if (_time.GetElapsedTime(_lookedAt) >= LookEvery) Look();
                return _current;
            }
        }
    }

    private void Look()
    {
        _lookedAt = _time.GetTimestamp();
        if (!_read(out T? read, out string error))
        {
            if (error == _wrong && error != _said) _say($"warning: {_said = error}; what was there before stays");
            _wrong = error;
            return;
        }

        _wrong = _said = "";
        if (_isSame(read, _current)) return;
        _current = read;
        _say(_describe(read));
    }
}
