using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres;

public sealed class PostgresInstallationTests
{
    [Fact]
    public void A_linked_server_in_PATH_leads_to_its_tools()
    {
        var folder = Directory.CreateTempSubdirectory("twi-path-").FullName;
        try
        {
            File.CreateSymbolicLink(Path.Combine(folder, "postgres"), TestEnvironment.Installation.Tool("postgres"));
            var found = PostgresInstallation.FindAll(new Dictionary<string, string> { ["PATH"] = folder });
            Assert.Contains(TestEnvironment.Installation, found);
            Assert.Equal(found.Count, found.Distinct().Count());
            Assert.True(File.Exists(found[0].Tool("initdb")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_folder_chosen_is_the_only_one_and_must_hold_a_server()
    {
        var chosen = new Dictionary<string, string> { ["TWIBACKUP_PG_BIN"] = TestEnvironment.Installation.BinDirectory };
        Assert.Equal(TestEnvironment.Installation, Assert.Single(PostgresInstallation.FindAll(chosen)));
        var wrong = new Dictionary<string, string> { ["TWIBACKUP_PG_BIN"] = "/nonexistent" };
        Assert.Equal(ExitCode.WrongUse, Assert.Throws<TwiBackupException>(() => PostgresInstallation.FindAll(wrong)).ExitCode);
    }

    [Fact]
    public void What_is_missing_names_its_package()
    {
        var missing = Assert.Throws<TwiBackupException>(() => PostgresInstallation.Find(99, TestEnvironment.Variables));
        Assert.Contains("Install the package postgresql-99", missing.Message, StringComparison.Ordinal);
        var bare = new PostgresInstallation("/nonexistent", new Version(15, 18));
        Assert.Contains(
            "postgresql-15.", Assert.Throws<TwiBackupException>(() => bare.Tool("pg_verifybackup")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "postgresql-client-15.", Assert.Throws<TwiBackupException>(() => bare.Tool("pg_dump")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Clients_need_no_server_and_may_be_newer_but_not_older()
    {
        var major = TestEnvironment.Installation.Major;
        var here = PostgresInstallation.FindClient("pg_dump", major, TestEnvironment.Variables);
        Assert.Equal(major, here.Major);
        using var clients = new Database.Dumps.FakeTools("postgres", "exit 1");
        File.Delete(Path.Combine(clients.Folder, "postgres"));
        var chosen = new Dictionary<string, string> { ["TWIBACKUP_PG_BIN"] = clients.Folder };
        Assert.Equal(clients.Folder, PostgresInstallation.FindClient("pg_dump", major, chosen).BinDirectory);
        Assert.Equal(clients.Folder, PostgresInstallation.FindClient("pg_restore", major - 1, chosen).BinDirectory);
        var older = Assert.Throws<TwiBackupException>(() => PostgresInstallation.FindClient("pg_restore", major + 1, chosen));
        Assert.Contains($"pg_restore of PostgreSQL {major + 1} or newer is needed", older.Message, StringComparison.Ordinal);
        Assert.Contains($"postgresql-client-{major + 1}", older.Message, StringComparison.Ordinal);
        Assert.Equal(major, PostgresInstallation.FindAtLeast(major - 1, TestEnvironment.Variables).Major);
    }

    [Theory]
    [InlineData("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", "15.18")]
    [InlineData("postgres (PostgreSQL) 18beta1\n", "18.0")]
    [InlineData("postgres (PostgreSQL) 13.0\n", "13.0")]
    [InlineData("something else\n", null)]
    public void Versions_are_read(string line, string? version) =>
        Assert.Equal(version, PostgresInstallation.ReadVersion(line)?.ToString());

    [Fact]
    public void An_account_that_is_not_there_is_named()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root has to choose an account.");
        var error = Assert.Throws<TwiBackupException>(
            () => ServerAccount.Resolve(new Dictionary<string, string> { ["TWIBACKUP_PG_USER"] = "no-such-account" }));
        Assert.Contains("no-such-account", error.Message, StringComparison.Ordinal);
        Assert.Throws<TwiBackupException>(() => ServerAccount.Resolve(new Dictionary<string, string> { ["TWIBACKUP_PG_USER"] = "root" }));
    }
}
