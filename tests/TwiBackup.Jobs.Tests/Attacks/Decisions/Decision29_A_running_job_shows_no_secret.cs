using System.Diagnostics;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>What stands in <c>/proc/PID/environ</c> can be read by whoever runs as the same account, for as long as the process lives.</summary>
public sealed class Decision29_A_running_job_shows_no_secret
{
    [Fact]
    public async Task Neither_its_own_environment_nor_that_of_its_tools_holds_the_password_once_it_works()
    {
        await using var system = await CommandLine.StartAsync(CommandLine.Fastest, new TwiBackup.Postgres.InitOptions(), TwiBackup.Tests.Stores.TestStores.NewFileStore());
        await system.Server.ExecuteAsync("postgres", "alter role replicator superuser");
        await system.WriteDumpPolicyAsync("app");
        await system.ChangePolicyAsync(policy =>
        {
            policy["database"]!["connection"] = $"host=127.0.0.1 port={system.Server.Port} user=replicator dbname=postgres sslmode=disable";
            policy["database"]!["password"] = "env:TWI_TEST_PASSWORD";
        });
        await using var holder = await TestPostgres.OpenAsync(system.Server.Superuser with { Database = "app" });
        await using (var hold = new Npgsql.NpgsqlCommand("begin; lock table pg_catalog.pg_description in access exclusive mode", holder))
            await hold.ExecuteNonQueryAsync(CommandLine.Cancellation);

        var job = system.Start("backup", "dump");
        var (process, ended) = (job.Id, CommandLine.EndAsync(job));
        // Only the tool reads comments: it waits for the lock, so that everybody is there and can be looked at.
        while (!ended.IsCompleted && await system.Server.ScalarAsync("select count(*) from pg_locks where not granted") == "0")
            await Task.Delay(20, CommandLine.Cancellation);
        var looked = Family(process).Select(id => (Name: File.ReadAllText($"/proc/{id}/comm").Trim(), Environment: File.ReadAllText($"/proc/{id}/environ"))).ToList();

        await holder.CloseAsync();
        var outcome = await ended;
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
        Assert.Contains(looked, found => found.Name == "pg_dump");
        Assert.All(looked, found => Assert.DoesNotContain(TestPostgres.ReplicatorPassword, found.Environment, StringComparison.Ordinal));
        // The job's own is what it was started with, but for that.
        Assert.Contains("TWI_TEST_PASSWORD=", looked[0].Environment, StringComparison.Ordinal);
        Tally.Add("secrets: the environment of a job and its tools while they run", (looked.Count, "processes read"));
    }

    /// <summary>A process and those below it.</summary>
    private static List<int> Family(int root)
    {
        var family = new List<int> { root };
        foreach (var other in Process.GetProcesses())
        {
            using (other)
            {
                if (ParentOf(other.Id) == root)
                    family.AddRange(Family(other.Id));
            }
        }

        return family;
    }

    private static int ParentOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
