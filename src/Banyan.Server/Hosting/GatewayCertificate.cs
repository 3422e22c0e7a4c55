using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Banyan.Server.Hosting;

/// <summary>What the gateway shows of itself over TLS: a certificate with its private key, and the certificates that vouch for it.</summary>
internal sealed record GatewayCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain)
{
    private const int FileBytesMax = 1 << 20;

    /// <summary>Reads both from PEM files; false with what is wrong, beginning with the option whose file it is.</summary>
    /// <param name="certificateFile">The server's own certificate first, then those between it and a root.</param>
    /// <param name="keyFile">The private key, RSA or elliptic, not encrypted.</param>
    /// <param name="read">The certificate.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryRead(string certificateFile, string keyFile, [NotNullWhen(true)] out GatewayCertificate? read, out string error)
    {
        read = null;
        if (!SmallFile.TryRead(certificateFile, FileBytesMax, out string certificates, out error))
        {
            error = "--tls-cert " + error;
            return false;
        }

        if (!SmallFile.TryRead(keyFile, FileBytesMax, out string key, out error))
        {
            error = "--tls-key " + error;
            return false;
        }

        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(certificates);
        }
        catch (CryptographicException)
        {
            chain.Clear();
        }

        if (chain.Count == 0)
        {
            error = $"--tls-cert {certificateFile}: no certificate in PEM form";
            return false;
        }

        if (!IsKey(key))
        {
            error = key.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal)
                ? $"--tls-key {keyFile}: the key is encrypted; it is wanted without a passphrase"
                : $"--tls-key {keyFile}: no RSA or elliptic private key in PEM form";
            return false;
        }

        try
        {
            read = new(X509Certificate2.CreateFromPem(certificates, key), chain);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            error = $"--tls-key {keyFile}: the key does not belong to the certificate in {certificateFile}";
            return false;
        }
    }

    /// <summary>Whether another one shows the same.</summary>
    public bool IsSame(GatewayCertificate other) => Chain.Select(c => c.Thumbprint).SequenceEqual(other.Chain.Select(c => c.Thumbprint));

    /// <summary>What an operator should hear about it; null for nothing.</summary>
    public string? Warning(DateTimeOffset now) =>
        now > Certificate.NotAfter ? $"the certificate has expired at {Certificate.NotAfter.ToUniversalTime():u}"
        : now < Certificate.NotBefore ? $"the certificate is not valid before {Certificate.NotBefore.ToUniversalTime():u}"
        : null;

    private static bool IsKey(string pem) => CanImport(RSA.Create(), pem) || CanImport(ECDsa.Create(), pem);

    private static bool CanImport(AsymmetricAlgorithm algorithm, string pem)
    {
        using (algorithm)
        {
            try
            {
                algorithm.ImportFromPem(pem);
                return true;
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                return false;
            }
        }
    }
}
