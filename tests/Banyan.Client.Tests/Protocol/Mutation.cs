using Banyan.Primitives;

namespace Banyan.Client.Tests.Protocol;

/// <summary>Damages bytes as a broken or hostile sender would.</summary>
internal static class Mutation
{
    /// <summary>A copy with one to three changes: a bit, a byte, a piece removed, doubled or put in.</summary>
    public static byte[] Of(byte[] good, SeededRandom random)
    {
        List<byte> bytes = [.. good];
        for (int changes = 1 + random.Next(3); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            int length = 1 + random.Next(Math.Min(8, bytes.Count - at));
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                default:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)(random.Chance(0.5) ? 0xFF : 0), length));
                    break;
            }
        }

        return [.. bytes];
    }
}
