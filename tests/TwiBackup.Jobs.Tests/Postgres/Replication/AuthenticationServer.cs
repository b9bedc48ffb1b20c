using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres.Replication;

/// <summary>A server with TLS whose pg_hba.conf asks each role for another kind of authentication.</summary>
public sealed class AuthenticationServer : IAsyncLifetime
{
    // A no-break space, a soft hyphen and an umlaut: prepared by SASLprep on both sides.
    public const string OddPassword = "p\u00e4ss\u00a0w\u00adord";

    private const string _hba = """
        local all         all                      trust
        local replication all                      trust
        host  replication trusted    127.0.0.1/32  trust
        host  replication digest     127.0.0.1/32  md5
        host  replication clear      127.0.0.1/32  password
        host  replication replicator 127.0.0.1/32  scram-sha-256
        host  postgres    replicator 127.0.0.1/32  scram-sha-256
        host  replication odd        127.0.0.1/32  scram-sha-256
        host  replication app        127.0.0.1/32  scram-sha-256
        host  replication absent     127.0.0.1/32  trust
        hostnossl replication plainonly 127.0.0.1/32 scram-sha-256
        hostssl replication tlsonly  127.0.0.1/32  scram-sha-256
        hostssl replication certified 127.0.0.1/32 cert
        """;

    public TestCertificates Certificates { get; } = new();

    public TestPostgres Postgres { get; private set; } = null!;

    public ConnectionSettings As(string role, string? password = "secret") => Postgres.Replicator with { User = role, Password = password };

    /// <summary>Over TLS, with the server's name as its certificate has it.</summary>
    public ConnectionSettings Verified(string role) =>
        As(role) with { Host = "localhost", HostAddress = "127.0.0.1", SslMode = "verify-full", SslRootCert = Certificates.Path("ca.pem") };

    public async ValueTask InitializeAsync()
    {
        var hba = Certificates.Path("hba.conf");
        await File.WriteAllTextAsync(hba, _hba);
        TestEnvironment.Account.Chown(hba);
        Postgres = await TestPostgres.StartAsync([.. Certificates.ServerSettings, ("hba_file", hba)]);
        await Postgres.ExecuteAsync(
            "postgres",
            "CREATE ROLE trusted LOGIN REPLICATION",
            "CREATE ROLE clear LOGIN REPLICATION PASSWORD 'secret'",
            "CREATE ROLE plainonly LOGIN REPLICATION PASSWORD 'secret'",
            "CREATE ROLE tlsonly LOGIN REPLICATION PASSWORD 'secret'",
            "CREATE ROLE certified LOGIN REPLICATION",
            "CREATE ROLE noentry LOGIN REPLICATION PASSWORD 'secret'",
            $"CREATE ROLE odd LOGIN REPLICATION PASSWORD '{OddPassword}'",
            "SET password_encryption = md5",
            "CREATE ROLE digest LOGIN REPLICATION PASSWORD 'secret'");
    }

    public async ValueTask DisposeAsync()
    {
        await Postgres.DisposeAsync();
        Certificates.Dispose();
    }
}
