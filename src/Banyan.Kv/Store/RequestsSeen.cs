namespace Banyan.Kv.Store;

/// <summary>Which requests of one peer have come in, so that a copy made by the network is not served again.</summary>
/// <remarks>Numbers grow; what is older than the window is taken for a copy, and the sender asks again under a new number.</remarks>
internal sealed class RequestsSeen
{
    private const int WindowWords = 256;
    private const ulong Window = WindowWords * 64;

    private readonly ulong[] _bits = new ulong[WindowWords];
    private ulong _highest;

    /// <summary>False if this number came before, or is too old to know.</summary>
    public bool TryAdd(ulong number)
    {
        if (number > _highest)
        {
            if (number - _highest >= Window) Array.Clear(_bits);
            else
            {
                for (ulong skipped = _highest + 1; skipped <= number; skipped++) Word(skipped) &= ~Bit(skipped);
            }

            _highest = number;
        }
        else if (_highest - number >= Window || (Word(number) & Bit(number)) != 0)
        {
            return false;
        }

        Word(number) |= Bit(number);
        return true;
    }

    private ref ulong Word(ulong number) => ref _bits[number / 64 % WindowWords];

    private static ulong Bit(ulong number) => 1UL << (int)(number % 64);
}
