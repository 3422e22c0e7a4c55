using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Banyan.Server.Hosting;

namespace Banyan.Server.Tests.Hosting;

public sealed class GatewayCertificateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("banyan-test-");
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void A_certificate_and_its_key_are_read_of_either_kind()
    {
        foreach (bool elliptic in new[] { true, false })
        {
            (string certificate, string key) = Make(elliptic);
            Assert.True(GatewayCertificate.TryRead(Write("cert.pem", certificate), Write("key.pem", key), out GatewayCertificate? read, out string error), error);
            Assert.True(read.Certificate.HasPrivateKey);
            Assert.Single(read.Chain);
            Assert.Null(read.Warning(_now));
            Assert.Equal("the certificate has expired at 2027-01-16 08:00:00Z", read.Warning(_now.AddDays(2)));
            Assert.Equal("the certificate is not valid before 2027-01-14 08:00:00Z", read.Warning(_now.AddDays(-2)));
        }
    }

    [Fact]
    public void What_is_wrong_is_said_by_option_and_file()
    {
        (string certificate, string key) = Make(elliptic: true);
        string cert = Write("cert.pem", certificate), good = Write("key.pem", key), nowhere = Path.Combine(_folder.FullName, "nowhere.pem"), text = Write("text.pem", "hello");
        Assert.Equal($"--tls-cert {nowhere}: no such file", Wrong(nowhere, good));
        Assert.Equal($"--tls-key {nowhere}: no such file", Wrong(cert, nowhere));
        Assert.Equal($"--tls-cert {text}: no certificate in PEM form", Wrong(text, good));
        Assert.Equal($"--tls-cert {good}: no certificate in PEM form", Wrong(good, good));
        string broken = Write("broken.pem", certificate.Replace("MII", "AAA", StringComparison.Ordinal).Replace("-----BEGIN CERTIFICATE-----\nM", "-----BEGIN CERTIFICATE-----\nA", StringComparison.Ordinal));
        Assert.Equal($"--tls-cert {broken}: no certificate in PEM form", Wrong(broken, good));
        Assert.Equal($"--tls-key {text}: no RSA or elliptic private key in PEM form", Wrong(cert, text));
        foreach (bool elliptic in new[] { true, false })
        {
            string other = Write("other.pem", Make(elliptic).Key);
            Assert.Equal($"--tls-key {other}: the key does not belong to the certificate in {cert}", Wrong(cert, other));
        }

        using ECDsa secret = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string locked = Write("locked.pem", secret.ExportEncryptedPkcs8PrivateKeyPem("x", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        Assert.Equal($"--tls-key {locked}: the key is encrypted; it is wanted without a passphrase", Wrong(cert, locked));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Wrong(string certificate, string key)
    {
        Assert.False(GatewayCertificate.TryRead(certificate, key, out _, out string error));
        return error;
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(_folder.FullName, name);
        File.WriteAllText(file, text);
        return file;
    }

    private (string Certificate, string Key) Make(bool elliptic)
    {
        using ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using RSA rsa = RSA.Create(2048);
        CertificateRequest request = elliptic
            ? new("CN=localhost", curve, HashAlgorithmName.SHA256)
            : new("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(_now.AddDays(-1), _now.AddDays(1));
        return (made.ExportCertificatePem(), elliptic ? curve.ExportPkcs8PrivateKeyPem() : rsa.ExportRSAPrivateKeyPem());
    }
}
