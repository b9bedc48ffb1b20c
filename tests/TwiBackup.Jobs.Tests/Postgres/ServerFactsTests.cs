using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres;

public sealed class ServerFactsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Facts_are_the_servers_own()
    {
        await using var postgres = await TestPostgres.StartAsync(
            new InitOptions { WalSegmentSizeMb = 1 }, ("work_mem", "7MB"), ("primary_conninfo", "host=x "
                + "password=hidden"), ("app.api_key", "hidden"));
        await postgres.ExecuteAsync("app", "CREATE EXTENSION pgcrypto");
        await postgres.ExecuteAsync("postgres", "CREATE DATABASE closed", "REVOKE CONNECT ON DATABASE closed FROM PUBLIC");
        await using var walsender = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        await walsender.CreateSlotAsync("used", temporary: true, Cancel);

        var facts = await ServerFacts.ReadAsync(postgres.Superuser, Cancel);
        Assert.Equal((await walsender.IdentifySystemAsync(Cancel)).SystemIdentifier, facts.SystemIdentifier);
        Assert.Equal(walsender.ServerVersion, facts.VersionNumber);
        Assert.Equal(1024 * 1024, facts.WalSegmentSize);
        Assert.Equal(("replica", 10, 9, 10, 9), (facts.WalLevel, facts.MaxWalSenders, facts.FreeWalSenders, facts.MaxReplicationSlots,
            facts.FreeReplicationSlots));
        Assert.True(facts.DataChecksums);
        Assert.False(facts.IsInRecovery);
        Assert.Contains("linux", facts.Platform, StringComparison.Ordinal);
        Assert.Equal("7MB", facts.Settings["work_mem"]);
        Assert.DoesNotContain(facts.Settings, pair => pair.Value.Contains("hidden", StringComparison.Ordinal));
        Assert.All(facts.CollationLibraries, library => Assert.Matches("^[0-9.]+$", library.Value));
        var app = facts.Databases.Single(database => database.Name == "app");
        Assert.True(app.Bytes > 1_000_000);
        Assert.Equal(("UTF8", "C.UTF-8"), (app.Encoding, app.Collation));
        Assert.Equal(["pgcrypto", "plpgsql"], app.Extensions!.Keys);
        Assert.Empty(new Preflight().Missing(facts));

        // What an ordinary role is told: the closed database is there, and what it holds is said to be unknown.
        var seen = await ServerFacts.ReadAsync(postgres.App, Cancel);
        Assert.Equal(9, seen.FreeWalSenders);
        var closed = seen.Databases.Single(database => database.Name == "closed");
        Assert.Null(closed.Extensions);
        Assert.Null(closed.Bytes);
    }

    [Fact]
    public async Task What_is_missing_for_a_backup_is_said_in_one_line()
    {
        await using var postgres = await TestPostgres.StartAsync(
            ("wal_level", "minimal"), ("max_wal_senders", "0"), ("max_replication_slots", "1"), ("synchronous_standby_names", "FIRST 1 "
                + "(other, \"TwiBackup\")"));
        var space = Path.Combine(Path.GetDirectoryName(postgres.DataDirectory)!, "space");
        Directory.CreateDirectory(space);
        TestEnvironment.Account.Chown(space);
        await postgres.ExecuteAsync("postgres", "SET synchronous_commit = off", $"CREATE TABLESPACE elsewhere LOCATION '{space}'");
        var facts = await ServerFacts.ReadAsync(postgres.Superuser, Cancel);
        var error = Assert.Throws<TwiBackupException>(() => new Preflight().ThrowIfMissing(facts, "here"));
        Assert.DoesNotContain('\n', error.Message);
        foreach (var part in new[] { "wal_level = replica", "max_wal_senders to 3", "max_replication_slots to "
            + "2", "elsewhere", "synchronous_standby_names" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_standby_is_refused()
    {
        await using var postgres = await TestPostgres.StartAsync();
        Assert.True(await postgres.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), Cancel));
        await File.WriteAllTextAsync(Path.Combine(postgres.DataDirectory, "standby.signal"), "", Cancel);
        await postgres.StartAgainAsync();
        var facts = await ServerFacts.ReadAsync(postgres.Superuser, Cancel);
        Assert.Contains("name the primary", Assert.Single(new Preflight().Missing(facts)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_connection_that_fails_says_why_in_one_line()
    {
        await using var postgres = await TestPostgres.StartAsync();
        var wrong = await Assert.ThrowsAsync<TwiBackupException>(
            () => QueryConnection.OpenAsync(postgres.App with { Password = "wr0ng-value" }, Cancel));
        Assert.Contains("refused the password", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-value", wrong.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<TwiBackupException>(
            () => QueryConnection.OpenAsync(postgres.App with { Port = LocalServer.FreePort() }, Cancel));
        await Assert.ThrowsAsync<TwiBackupException>(() => QueryConnection.OpenAsync(postgres.App with { SslMode = "require" }, Cancel));
    }

    [Fact]
    public async Task Queries_send_no_password_in_the_clear_without_tls()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(postgres.DataDirectory, "pg_hba.conf"), "local all all trust\nhost all all "
            + "127.0.0.1/32 password\n", Cancel);
        await postgres.RestartAsync();
        await Assert.ThrowsAsync<TwiBackupException>(() => QueryConnection.OpenAsync(postgres.App, Cancel));
        await using var connection = await QueryConnection.OpenAsync(postgres.App with { AllowCleartextPassword = true }, Cancel);
    }

    [Theory]
    [InlineData("", "twibackup", false)]
    [InlineData("*", "twibackup", true)]
    [InlineData("a, TwiBackup", "twibackup", true)]
    [InlineData("ANY 2 (a, \"b,twibackup\")", "twibackup", false)]
    [InlineData("FIRST 1 (a, *)", "twibackup", true)]
    [InlineData("2 (\"a(\", twibackup)", "twibackup", true)]
    [InlineData("\"twi\"\"backup\"", "twi\"backup", true)]
    public void Synchronous_names_are_matched_as_PostgreSQL_does(string setting, string name, bool matches) =>
        Assert.Equal(matches, SynchronousNames.Match(setting, name));

    [Fact]
    public void The_platform_is_cut_from_the_version() => Assert.Equal(
        "x86_64-pc-linux-gnu",
        ServerFactsReader.ReadPlatform("PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian "
            + "12.2.0-14) 12.2.0, 64-bit"));
}
