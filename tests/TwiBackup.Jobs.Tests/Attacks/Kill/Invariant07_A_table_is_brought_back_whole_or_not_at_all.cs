using TwiBackup.Database;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>The server beside, from which a table is brought back, is killed while its rows flow.</summary>
public sealed class Invariant07_A_table_is_brought_back_whole_or_not_at_all
{
    [Fact]
    public async Task When_the_server_beside_is_killed_the_live_database_is_unchanged()
    {
        var random = new Random(Tally.Seed());
        await using var live = await TestPostgres.StartAsync();
        var kills = 0;
        for (var round = 0; round < Tally.Rounds(2, 10); round++)
        {
            await using var beside = await TestPostgres.StartAsync();
            await beside.ExecuteAsync("app", "create table lost as select g as id, repeat(md5(g::text), 30) as t from generate_series(1, 100000) g");
            var copying = TableTransfer.CopyAsync(
                TestEnvironment.Installation, TestEnvironment.Account, beside.Superuser with { Database = "app" }, live.Superuser with { Database = "app" },
                "public.lost", CommandLine.Cancellation);
            while (!copying.IsCompleted && await live.ScalarAsync("select coalesce(max(bytes_processed), 0) from pg_stat_progress_copy", "app") is { } copied
                && long.Parse(copied, System.Globalization.CultureInfo.InvariantCulture) < random.Next(1_000_000, 20_000_000))
                await Task.Delay(1, CommandLine.Cancellation);
            if (copying.IsCompleted)
            {
                await copying;
                await live.ExecuteAsync("app", "drop table lost");
                continue;
            }

            beside.Server.Kill();
            kills++;
            var failed = await Assert.ThrowsAsync<TwiBackupException>(() => copying);
            Assert.Contains("The live database is unchanged", failed.Message, StringComparison.Ordinal);
            Assert.Equal("", await live.ScalarAsync("select to_regclass('public.lost')::text", "app"));
        }

        Assert.True(kills > 0, "every copy was quicker");
        Tally.Add("a table brought back: the server beside killed", (kills, "kills"));
    }
}
