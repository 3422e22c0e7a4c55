using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;

namespace Banyan.Server.Hosting;

/// <summary>The gateway's certificate, as its files say: it is renewed every few weeks, and not for that is a gateway to end.</summary>
internal sealed class CertificateFiles
{
    private readonly string _certificateFile;
    private readonly RereadFiles<GatewayCertificate> _files;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
    private readonly Lock _gate = new();
    private GatewayCertificate? _shown;
    private SslServerAuthenticationOptions? _options;
    private string? _said;

    private CertificateFiles(string certificateFile, RereadFiles<GatewayCertificate> files, TimeProvider time, Action<string> say) =>
        (_certificateFile, _files, _time, _say) = (certificateFile, files, time, say);

    /// <summary>Reads the files for the first time; false with what is wrong.</summary>
    /// <param name="certificateFile">PEM, as <see cref="GatewayCertificate.TryRead"/> wants it.</param>
    /// <param name="keyFile">The same of the key.</param>
    /// <param name="time">Now.</param>
    /// <param name="say">Told of a renewal, of files that cannot be used, and of a certificate that is not valid.</param>
    /// <param name="files">The files.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryOpen(string certificateFile, string keyFile, TimeProvider time, Action<string> say, [NotNullWhen(true)] out CertificateFiles? files, out string error)
    {
        bool isRead = RereadFiles<GatewayCertificate>.TryOpen(
            ([NotNullWhen(true)] out GatewayCertificate? read, out string why) => GatewayCertificate.TryRead(certificateFile, keyFile, out read, out why),
            (one, other) => one.IsSame(other),
            renewed => $"--tls-cert {certificateFile}: renewed, valid until {renewed.Certificate.NotAfter.ToUniversalTime():u}",
            time, say, out RereadFiles<GatewayCertificate>? reread, out error);
        files = isRead ? new(certificateFile, reread!, time, say) : null;
        // A server that starts with a certificate that is not valid says so at once.
        _ = files?.Options;
        return files is not null;
    }

    /// <summary>For the next handshake.</summary>
    public SslServerAuthenticationOptions Options
    {
        get
        {
            lock (_gate)
            {
                GatewayCertificate now = _files.Current;
                if (now.Warning(_time.GetUtcNow()) is { } warning && warning != _said) _say($"warning: --tls-cert {_certificateFile}: {_said = warning}");
                if (now != _shown) (_shown, _options) = (now, MakeOptions(now));
                return _options!;
            }
        }
    }

    // What is not in the file is not looked for elsewhere: that would be a request to somebody.
    private static SslServerAuthenticationOptions MakeOptions(GatewayCertificate certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Certificate, certificate.Chain, offline: true),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
    };
}
