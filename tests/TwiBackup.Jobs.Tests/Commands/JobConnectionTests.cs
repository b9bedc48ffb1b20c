using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Commands;

/// <summary>As whom and where a job connects is what the policy says: never a role that happens to exist, never a local socket by accident.</summary>
public sealed class JobConnectionTests
{
    /// <summary>The guide's container has no PGHOST and finds a socket of its own, and its user may not exist (fault 17).</summary>
    [Fact]
    public async Task A_job_goes_where_the_policy_says_whatever_stands_in_its_environment()
    {
        await using var line = await CommandLine.StartAsync();
        var wrong = new Dictionary<string, string?>
        {
            ["PGHOST"] = "/nowhere", ["PGPORT"] = "1", ["PGUSER"] = "nobody", ["PGDATABASE"] = "none", ["PGPASSWORD"] = "wrong", ["HOME"] = "/nowhere",
            ["TWI_TEST_PASSWORD"] = TestPostgres.ReplicatorPassword,
        };
        var backup = await RunAsync(line, wrong);
        Assert.True(backup.ExitCode == 0, backup.ErrorOutput);
        Assert.Single(await line.Catalog.ListIdsAsync(SetKind.Full, CommandLine.Cancellation));
    }

    /// <summary><c>pg_dump -U postgres</c> as root on a socket fails by peer authentication, and the guide's script ends with 0 (fault 14).</summary>
    [Fact]
    public async Task A_role_that_this_account_may_not_be_is_a_failure_in_one_line_and_leaves_no_set()
    {
        var folder = TestEnvironment.Account.CreatePrivateDirectory("twi-hba-");
        try
        {
            var hba = Path.Combine(folder, "hba");
            await File.WriteAllTextAsync(
                hba, "local all replicator peer\nlocal replication replicator peer\nlocal all all trust\nhost all all all scram-sha-256\nhost replication all all scram-sha-256\n",
                CommandLine.Cancellation);
            TestEnvironment.Account.Chown(hba);
            await using var line = await CommandLine.StartAsync(("hba_file", hba));
            var socket = line.Server.Superuser;
            await line.WritePolicyAsync(policy => policy["database"]!["connection"] = $"host={socket.Host} port={socket.Port} user=replicator dbname=postgres");
            var outcome = await line.RunAsync("backup", "database");
            Assert.Equal(1, outcome.ExitCode);
            Assert.Contains("Peer authentication failed for user \"replicator\"", outcome.Reason, StringComparison.Ordinal);
            Assert.Empty(await line.Catalog.ListIdsAsync(SetKind.Full, CommandLine.Cancellation));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<ChildResult> RunAsync(CommandLine line, Dictionary<string, string?> environment) => ChildProcess.RunAsync(
        new ChildProcessOptions { Program = CommandLine.Program, Arguments = ["backup", "database", "--policy", line.PolicyPath], Environment = environment },
        CommandLine.Cancellation);
}
