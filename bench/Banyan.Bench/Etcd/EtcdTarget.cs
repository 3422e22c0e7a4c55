using System.Buffers.Binary;
using Banyan.Bench.Load;

namespace Banyan.Bench.Etcd;

/// <summary>etcd under load: one put per write.</summary>
public sealed class EtcdTarget(EtcdClient etcd) : ILoadTarget
{
    /// <summary>Keys that each client writes in turn: enough that no two writes in flight meet on one.</summary>
    public const int KeysPerClient = 1000;

    /// <inheritdoc/>
    public string System => "etcd";

    /// <inheritdoc/>
    public async ValueTask WriteAsync(int client, long sequence, ReadOnlyMemory<byte> value) =>
        await etcd.PutAsync(KeyOf(client, sequence), value).ConfigureAwait(false);

    /// <summary>The key of a write: 'b', the client and the sequence modulo <see cref="KeysPerClient"/>, big-endian.</summary>
    public static byte[] KeyOf(int client, long sequence)
    {
        byte[] key = new byte[9];
        key[0] = (byte)'b';
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(1), client);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(5), (int)(sequence % KeysPerClient));
        return key;
    }
}
