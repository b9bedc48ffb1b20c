using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres.Replication;

public sealed class AuthenticationTests(AuthenticationServer server) : IClassFixture<AuthenticationServer>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trust_needs_no_password() => await ConnectsAsync(server.As("trusted", null));

    [Fact]
    public async Task Md5_answers_the_salt() => await ConnectsAsync(server.As("digest"));

    [Fact]
    public async Task Scram_proves_the_password_without_tls() =>
        await ConnectsAsync(server.Postgres.Replicator);

    [Fact]
    public async Task Scram_with_channel_binding_can_be_required()
    {
        await using var connection = await ReplicationConnection.ConnectAsync(
            server.Verified("replicator") with { Password = TestPostgres.ReplicatorPassword, ChannelBinding = "require" }, Cancel);
        Assert.True(connection.IsEncrypted);
        Assert.True(connection.ServerVersion >= 130000);
        Assert.True(connection.BackendProcessId > 1);
    }

    [Fact]
    public async Task Scram_over_tls_works_without_channel_binding_too() =>
        await ConnectsAsync(server.Verified("replicator") with { Password = TestPostgres.ReplicatorPassword, ChannelBinding = "disable" });

    [Theory]
    [InlineData("replicator")]
    [InlineData("digest")]
    [InlineData("trusted")]
    [InlineData("clear")]
    public async Task Channel_binding_required_is_refused_where_it_cannot_be(string role)
    {
        var error = await RefusedAsync(server.As(role) with { ChannelBinding = "require", Password = role == "replicator"
            ? TestPostgres.ReplicatorPassword : "secret" });
        Assert.Contains("channel_binding=require", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trusting_server_is_refused_over_tls_when_channel_binding_is_required() =>
        Assert.Contains("channel_binding=require", (await RefusedAsync(server.Verified("trusted") with { ChannelBinding = "require" })).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Passwords_beyond_ascii_are_prepared_as_the_server_does()
    {
        await ConnectsAsync(server.As("odd", AuthenticationServer.OddPassword));
        await ConnectsAsync(server.As("odd", "p\u00e4ss word"));
        await RefusedAsync(server.As("odd", "pass word"));
    }

    [Fact]
    public async Task The_password_in_the_clear_is_sent_over_tls_or_when_told_only()
    {
        Assert.Contains("without TLS, so it is not sent", (await RefusedAsync(server.As("clear"))).Message, StringComparison.Ordinal);
        await ConnectsAsync(server.As("clear") with { AllowCleartextPassword = true });
        await ConnectsAsync(server.Verified("clear"));
    }

    [Fact]
    public async Task A_wrong_password_is_said_without_showing_it()
    {
        foreach (var role in new[] { "replicator", "digest" })
        {
            var error = await RefusedAsync(server.As(role, "wr0ng-value"));
            Assert.Contains("refused the password", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("wr0ng-value", error.ToString(), StringComparison.Ordinal);
            Assert.Equal("28P01", Assert.IsType<PostgresErrorException>(error.InnerException).SqlState);
        }
    }

    [Fact]
    public async Task A_missing_password_names_the_line_to_add()
    {
        var error = await RefusedAsync(server.As("replicator", null) with { PassFile = "/nonexistent/.pgpass" });
        Assert.Contains($"127.0.0.1:{server.Postgres.Port}:replication:replicator:…", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_password_file_serves_replication()
    {
        using var file = new SecretFile($"127.0.0.1:*:replication:replicator:{TestPostgres.ReplicatorPassword.Replace("\\", "\\\\", StringComparison.Ordinal)}\n", reader: null);
        var settings = server.As("replicator", null) with { PassFile = file.Path };
        await ConnectsAsync(settings);
        File.SetUnixFileMode(file.Path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains("chmod 0600", (await RefusedAsync(settings)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_entry_in_pg_hba_names_the_entry()
    {
        var error = await RefusedAsync(server.As("noentry"));
        Assert.Contains("hostssl replication noentry", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_is_not_there_or_may_not_replicate_names_the_statement()
    {
        Assert.Contains("CREATE ROLE", (await RefusedAsync(server.As("absent"))).Message, StringComparison.Ordinal);
        var error = await RefusedAsync(server.As("app", TestPostgres.AppPassword));
        Assert.Contains("ALTER ROLE \"app\" REPLICATION", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prefer_and_allow_try_the_other_way_when_an_entry_is_for_it_only()
    {
        await using (var plain = await ReplicationConnection.ConnectAsync(server.As("plainonly") with { SslMode = "prefer" }, Cancel))
            Assert.False(plain.IsEncrypted);
        await using (var secured = await ReplicationConnection.ConnectAsync(server.As("tlsonly") with { SslMode = "allow" }, Cancel))
            Assert.True(secured.IsEncrypted);
        await using (var first = await ReplicationConnection.ConnectAsync(server.As("trusted") with { SslMode = "prefer" }, Cancel))
            Assert.True(first.IsEncrypted);
        await using (var last = await ReplicationConnection.ConnectAsync(server.As("trusted") with { SslMode = "allow" }, Cancel))
            Assert.False(last.IsEncrypted);
        await RefusedAsync(server.As("tlsonly") with { SslMode = "disable" });
        await RefusedAsync(server.As("plainonly") with { SslMode = "require" });
    }

    [Fact]
    public async Task Verify_full_holds_the_certificate_against_the_name()
    {
        await ConnectsAsync(server.Verified("trusted"));
        var error = await RefusedAsync(server.Verified("trusted") with { Host = "127.0.0.1" });
        Assert.Contains("not for the name 127.0.0.1 but for localhost", error.Message, StringComparison.Ordinal);
        await ConnectsAsync(server.Verified("trusted") with { Host = "127.0.0.1", SslMode = "verify-ca" });
    }

    [Theory]
    [InlineData("verify-full")]
    [InlineData("verify-ca")]
    [InlineData("require")]
    public async Task An_unknown_authority_is_refused(string mode)
    {
        var error = await RefusedAsync(
            server.Verified("trusted") with { SslMode = mode, SslRootCert = server.Certificates.Path("stranger.pem") });
        Assert.Contains("sslrootcert", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_systems_authorities_do_not_know_ours() =>
        await RefusedAsync(server.Verified("trusted") with { SslRootCert = "system" });

    [Fact]
    public async Task Verification_without_an_authority_is_refused_before_anything_is_sent()
    {
        Assert.Contains(
            "sslrootcert", (await RefusedAsync(server.Verified("trusted") with { SslRootCert = null })).Message, StringComparison.Ordinal);
        Assert.Contains("verify-full", (await RefusedAsync(server.Verified("trusted") with { SslMode = "require",
            SslRootCert = "system" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Require_without_an_authority_takes_any_certificate()
    {
        await using var connection = await ReplicationConnection.ConnectAsync(server.As("trusted") with { SslMode = "require" }, Cancel);
        Assert.True(connection.IsEncrypted);
    }

    [Fact]
    public async Task A_client_certificate_authenticates()
    {
        var settings = server.Verified("certified") with { SslCert = server.Certificates.Path("client.pem"),
            SslKey = server.Certificates.Path("client.key") };
        await ConnectsAsync(settings);
        await RefusedAsync(settings with { SslCert = null, SslKey = null });
        await RefusedAsync(settings with { User = "tlsonly", Password = "wrong" });
    }

    [Fact]
    public async Task Unix_sockets_use_no_tls()
    {
        await using var connection = await ReplicationConnection.ConnectAsync(
            server.Postgres.ReplicatorOnSocket with { SslMode = "require" }, Cancel);
        Assert.False(connection.IsEncrypted);
    }

    private static async Task ConnectsAsync(ConnectionSettings settings)
    {
        await using var connection = await ReplicationConnection.ConnectAsync(settings, Cancel);
        Assert.NotEqual(0UL, (await connection.IdentifySystemAsync(Cancel)).SystemIdentifier);
    }

    private static async Task<TwiBackupException> RefusedAsync(ConnectionSettings settings)
    {
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => ReplicationConnection.ConnectAsync(settings, Cancel));
        Assert.DoesNotContain('\n', error.Message);
        return error;
    }
}
