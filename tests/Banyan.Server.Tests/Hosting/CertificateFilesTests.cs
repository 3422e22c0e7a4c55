using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Banyan.Server.Hosting;

namespace Banyan.Server.Tests.Hosting;

public sealed class CertificateFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("banyan-test-");
    private readonly ManualTime _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly List<string> _said = [];

    private string Cert => Path.Combine(_folder.FullName, "cert.pem");

    private string Key => Path.Combine(_folder.FullName, "key.pem");

    [Fact]
    public void A_renewed_certificate_is_taken_after_a_while_and_said_once()
    {
        string first = Write(days: 1);
        CertificateFiles files = Open();
        Assert.Equal(first, Shown(files));
        Assert.Same(files.Options, files.Options);
        string second = Write(days: 3);
        Assert.Equal(first, Shown(files));
        _time.Advance(RereadFiles<GatewayCertificate>.LookEvery);
        Assert.Equal(second, Shown(files));
        _time.Advance(RereadFiles<GatewayCertificate>.LookEvery);
        Assert.Equal(second, Shown(files));
        Assert.Equal([$"--tls-cert {Cert}: renewed, valid until 2027-01-18 08:00:00Z"], _said);
    }

    [Fact]
    public void Files_that_do_not_fit_change_nothing_and_are_said_once_if_it_lasts()
    {
        string first = Write(days: 1);
        CertificateFiles files = Open();
        string key = File.ReadAllText(Key);
        string second = Write(days: 3);
        string newKey = File.ReadAllText(Key);

        // For a moment.
        File.WriteAllText(Key, key);
        _time.Advance(RereadFiles<GatewayCertificate>.LookEvery);
        Assert.Equal(first, Shown(files));
        Assert.Empty(_said);
        File.WriteAllText(Key, newKey);
        _time.Advance(RereadFiles<GatewayCertificate>.LookEvery);
        Assert.Equal(second, Shown(files));
        Assert.Single(_said);

        // For good.
        File.WriteAllText(Key, key);
        for (int i = 0; i < 4; i++)
        {
            _time.Advance(RereadFiles<GatewayCertificate>.LookEvery);
            Assert.Equal(second, Shown(files));
        }

        Assert.Equal([$"warning: --tls-key {Key}: the key does not belong to the certificate in {Cert}; what was there before stays"], _said[1..]);
    }

    [Fact]
    public void A_certificate_that_expires_meanwhile_is_warned_of_once()
    {
        Write(days: 1);
        CertificateFiles files = Open();
        for (int i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromDays(1));
            _ = files.Options;
        }

        Assert.Equal([$"warning: --tls-cert {Cert}: the certificate has expired at 2027-01-16 08:00:00Z"], _said);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Shown(CertificateFiles files) => files.Options.ServerCertificateContext!.TargetCertificate.Thumbprint;

    private CertificateFiles Open()
    {
        Assert.True(CertificateFiles.TryOpen(Cert, Key, _time, _said.Add, out CertificateFiles? files, out string error), error);
        Assert.Empty(_said);
        return files;
    }

    private string Write(int days)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        using X509Certificate2 made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(days));
        File.WriteAllText(Cert, made.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
        return made.Thumbprint;
    }
}
