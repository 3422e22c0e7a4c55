namespace Banyan.Bench.Etcd;

/// <summary>etcd refused a call or answered with something that is not its protocol.</summary>
/// <param name="grpcStatus">The gRPC status code; -1 where there was none.</param>
/// <param name="message">What etcd said.</param>
public sealed class EtcdException(int grpcStatus, string message) : Exception(message)
{
    /// <summary>The gRPC status code (14: unavailable, 8: out of quota); -1 where there was none.</summary>
    public int GrpcStatus { get; } = grpcStatus;
}
