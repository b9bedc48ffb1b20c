using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres.Replication;

/// <summary>
/// Somebody stands between us and the server, with a certificate of his own: connections for replication and for queries are not his, and
/// the password does not become his either.
/// </summary>
public sealed class MiddleManTests(AuthenticationServer server) : IClassFixture<AuthenticationServer>
{
    private const int Ok = 0, Cleartext = 3, Md5 = 5, Sasl = 10;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<bool, string, string> Attacks
    {
        get
        {
            var attacks = new TheoryData<bool, string, string>();
            foreach (var queries in (bool[])[false, true])
            {
                foreach (var attack in (string[])["passes on", "strips channel binding", "asks for the password", "asks for md5", "trusts"])
                {
                    attacks.Add(queries, attack, "sslmode=require channel_binding=require");
                    attacks.Add(queries, attack, "sslmode=verify-full");
                    attacks.Add(queries, attack, "sslmode=verify-ca");
                }

                // Without a name to hold the certificate against: SCRAM itself notices, and what is no SCRAM gets no password.
                foreach (var attack in (string[])["passes on", "strips channel binding", "asks for the password"])
                {
                    attacks.Add(queries, attack, "sslmode=require");
                    attacks.Add(queries, attack, "sslmode=prefer");
                }
            }

            return attacks;
        }
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Whoever_stands_between_is_refused_and_learns_no_password(bool queries, string attack, string demand)
    {
        await using var between = new MiddleMan(server.Postgres.Port, Change(attack));
        var settings = Settings(between.Port, demand);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => ConnectAsync(settings, queries));
        Assert.DoesNotContain('\n', refused.Message);
        Assert.DoesNotContain(TestPostgres.ReplicatorPassword, refused.ToString(), StringComparison.Ordinal);
        var heard = between.Heard;
        Assert.DoesNotContain(TestPostgres.ReplicatorPassword, heard, StringComparison.Ordinal);
        if (demand.Contains("verify", StringComparison.Ordinal))
            Assert.Equal("", heard);
        else if (demand.Contains("channel_binding", StringComparison.Ordinal) && attack != "passes on")
            Assert.DoesNotContain("SCRAM", heard, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_is_let_stand_there_is_heard(bool queries)
    {
        // What these tests see when nothing defends: told to send it, the password is sent, and he has it.
        await using var between = new MiddleMan(server.Postgres.Port, Change("asks for the password"));
        await Assert.ThrowsAsync<TwiBackupException>(() => ConnectAsync(Settings(between.Port, "sslmode=require") with { AllowCleartextPassword = true }, queries));
        Assert.Contains(TestPostgres.ReplicatorPassword, between.Heard, StringComparison.Ordinal);
        // And passing on as it is works where SCRAM is told not to look at the certificate.
        await using var passing = new MiddleMan(server.Postgres.Port, request => request);
        await ConnectAsync(Settings(passing.Port, "sslmode=require channel_binding=disable"), queries);
        Assert.Contains("SCRAM-SHA-256", passing.Heard, StringComparison.Ordinal);
        Assert.DoesNotContain(TestPostgres.ReplicatorPassword, passing.Heard, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "sslmode=require")]
    [InlineData(true, "sslmode=require")]
    [InlineData(false, "sslmode=verify-full")]
    [InlineData(true, "sslmode=verify-full")]
    public async Task Who_says_that_there_is_no_TLS_hears_nothing(bool queries, string demand)
    {
        await using var between = new MiddleMan(server.Postgres.Port, request => request, refusesTls: true);
        await Assert.ThrowsAsync<TwiBackupException>(() => ConnectAsync(Settings(between.Port, demand), queries));
        Assert.Equal("", between.Heard);
    }

    [Theory]
    [InlineData("verify-full", "ca.pem", "127.0.0.1")]
    [InlineData("verify-full", "stranger.pem", "localhost")]
    [InlineData("verify-ca", "stranger.pem", "localhost")]
    [InlineData("require", "stranger.pem", "localhost")]
    public async Task Queries_are_as_strict_with_certificates_as_replication(string mode, string authority, string host)
    {
        var settings = server.Verified("replicator") with
        {
            Password = TestPostgres.ReplicatorPassword, SslMode = mode, SslRootCert = server.Certificates.Path(authority), Host = host,
        };
        await ConnectAsync(settings with { SslRootCert = server.Certificates.Path("ca.pem"), Host = "localhost" }, queries: true);
        await Assert.ThrowsAsync<TwiBackupException>(() => ConnectAsync(settings, queries: true));
        await Assert.ThrowsAsync<TwiBackupException>(() => ConnectAsync(settings, queries: false));
    }

    private ConnectionSettings Settings(int port, string demand) => ConnectionSettings.Parse(
        $"host=localhost hostaddr=127.0.0.1 port={port} user=replicator dbname=postgres {demand}{(demand.Contains("verify", StringComparison.Ordinal) ? $" sslrootcert={server.Certificates.Path("ca.pem")}" : "")}",
        new Dictionary<string, string> { ["HOME"] = "/nonexistent" }) with { Password = TestPostgres.ReplicatorPassword, PassFile = null };

    private static async Task ConnectAsync(ConnectionSettings settings, bool queries)
    {
        if (queries)
        {
            await using var connection = await QueryConnection.OpenAsync(settings, Cancel);
            return;
        }

        await using var replication = await ReplicationConnection.ConnectAsync(settings, Cancel);
    }

    private static Func<byte[], byte[]> Change(string attack)
    {
        var isFirst = true;
        return request =>
        {
            if (!isFirst)
                return request;
            isFirst = false;
            return attack switch
            {
                "strips channel binding" => MiddleMan.Request(Sasl, "SCRAM-SHA-256\0\0"u8),
                "asks for the password" => MiddleMan.Request(Cleartext),
                "asks for md5" => MiddleMan.Request(Md5, "salt"u8),
                "trusts" => MiddleMan.Request(Ok),
                _ => request,
            };
        };
    }
}
