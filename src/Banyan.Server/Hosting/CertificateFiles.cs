using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;

namespace Banyan.Server.Hosting;

/// <summary>The gateway's certificate, and its files, which are looked at again while the gateway runs: certificates are renewed every few weeks.</summary>
/// <remarks>
/// Contents are compared, not times: what is mounted from elsewhere changes behind a link that stays. Who renews writes two
/// files one after the other, so that they may not fit for a moment; that is said only if it lasts.
/// </remarks>
internal sealed class CertificateFiles
{
    /// <summary>How long a look at the files is good for.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
    private readonly Lock _looking = new();
    private GatewayCertificate _current;
    private SslServerAuthenticationOptions _options;
    private long _lookedAt;
    private string _wrong = "";
    private string _said = "";

    private CertificateFiles(string certificateFile, string keyFile, GatewayCertificate first, TimeProvider time, Action<string> say)
    {
        (_certificateFile, _keyFile, _current, _time, _say) = (certificateFile, keyFile, first, time, say);
        _options = MakeOptions(first);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>Reads the files for the first time; false with what is wrong.</summary>
    /// <param name="certificateFile">PEM, as <see cref="GatewayCertificate.TryRead"/> wants it.</param>
    /// <param name="keyFile">The same of the key.</param>
    /// <param name="time">Now.</param>
    /// <param name="say">Told of a renewal, of files that cannot be used, and of a certificate that is not valid.</param>
    /// <param name="files">The files.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryOpen(string certificateFile, string keyFile, TimeProvider time, Action<string> say, [NotNullWhen(true)] out CertificateFiles? files, out string error)
    {
        files = GatewayCertificate.TryRead(certificateFile, keyFile, out GatewayCertificate? first, out error) ? new(certificateFile, keyFile, first, time, say) : null;
        files?.WarnOfTime();
        return files is not null;
    }

    /// <summary>For the next handshake.</summary>
    public SslServerAuthenticationOptions Options
    {
        get
        {
            lock (_looking)
            {
                if (_time.GetElapsedTime(_lookedAt) >= LookEvery) Look();
                return _options;
            }
        }
    }

    private void Look()
    {
        _lookedAt = _time.GetTimestamp();
        if (GatewayCertificate.TryRead(_certificateFile, _keyFile, out GatewayCertificate? read, out string error))
        {
            _wrong = "";
            if (!read.IsSame(_current))
            {
                _current = read;
                _options = MakeOptions(read);
                _say($"--tls-cert {_certificateFile}: renewed, valid until {read.Certificate.NotAfter.ToUniversalTime():u}");
            }
        }
        else if (error == _wrong)
        {
            Say($"warning: {error}; the gateway goes on with the certificate that it has");
        }
        else
        {
            _wrong = error;
        }

        WarnOfTime();
    }

    private void WarnOfTime()
    {
        if (_current.Warning(_time.GetUtcNow()) is { } warning) Say($"warning: --tls-cert {_certificateFile}: {warning}");
    }

    private void Say(string line)
    {
        if (line == _said) return;
        _said = line;
        _say(line);
    }

    // What is not in the file is not looked for elsewhere: that would be a request to somebody.
    private static SslServerAuthenticationOptions MakeOptions(GatewayCertificate certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Certificate, certificate.Chain, offline: true),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
    };
}
