using TwiBackup.Tests.Postgres;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification.Live;

public sealed class ArchiveChecksTests
{
    private const string Backups = """{ "full": { "schedule": "0 2 * * *", "keep": "30d" }, "incremental": { "schedule": "0 * * * *", "keep": "7d" } }""";

    [Fact]
    public async Task A_slot_without_a_receiver_and_a_command_that_fails_are_found()
    {
        await using var server = await TestPostgres.StartAsync(("archive_mode", "on"), ("archive_command", "false"));
        await using var system = new LiveSystem { Connection = server.Superuser };
        var policy = system.Policy("""{ "database": {} }""", Backups);
        Assert.Contains("there is no slot twibackup", Of(await system.AskAsync(policy, "archive/slot")), StringComparison.Ordinal);
        await server.ExecuteAsync("postgres", "select pg_create_physical_replication_slot('twibackup', true)");
        Assert.Contains("nobody receives from slot twibackup", Of(await system.AskAsync(policy, "archive/slot")), StringComparison.Ordinal);

        LiveSystem.Passed(await system.AskAsync(policy, "archive/archiver"));
        await server.ExecuteAsync("postgres", "create table t (i integer)", "select pg_switch_wal()");
        while (await server.ScalarAsync("select failed_count > 0 from pg_stat_archiver") != "True")
            await Task.Delay(TimeSpan.FromMilliseconds(50), LiveSystem.Cancellation);
        Assert.Contains("archive_command failed on 0000000100000000", Of(await system.AskAsync(policy, "archive/archiver")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_archiver_or_physical_replication_neither_is_asked()
    {
        await using var server = await TestPostgres.StartAsync();
        await using var system = new LiveSystem { Connection = server.Superuser };
        var record = await system.AskAsync("""{ "database": {} }""", "archive");
        Assert.Empty(record.Checks);
        Assert.Equal(["the policy has no backups.incremental", "archive_mode is off"], record.NotRun!.Select(check => check.Why));
    }

    private static string Of(VerificationRecord record) => LiveSystem.Failed(record).Detail;
}
