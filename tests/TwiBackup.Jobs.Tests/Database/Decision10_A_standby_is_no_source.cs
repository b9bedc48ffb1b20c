using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Database;

/// <summary>A standby's minimum recovery point may lie in a segment that nobody has archived.</summary>
public sealed class Decision10_A_standby_is_no_source
{
    [Fact]
    public async Task Neither_a_full_nor_WAL_nor_a_restore_point_is_taken_from_it_until_it_is_the_primary()
    {
        await using var source = await BackedUpServer.StartAsync();
        var path = source.NewDataDirectory();
        var copy = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = TestEnvironment.Installation.Tool("pg_basebackup"),
                Arguments =
                [
                    "-D", path, "-X", "stream", "-c", "fast", "-R",
                    "-h", source.Server.Superuser.Host, "-p", $"{source.Server.Superuser.Port}", "-U", "postgres",
                ],
                Account = TestEnvironment.Account,
            },
            BackedUpServer.Cancellation);
        copy.ThrowIfFailed("pg_basebackup", "");
        await using var standby = await TestPostgres.StartOnAsync(path);
        var before = source.Photograph();
        var backup = new FullBackup(source.Catalog, standby.Replicator, BackedUpServer.Options(), TimeProvider.System, SilentProgress.Instance);
        await RefusedAsync(() => backup.RunAsync(BackedUpServer.Cancellation));
        var options = source.ReceiverOptions() with { Connection = standby.Replicator };
        await using (var receiver = new WalReceiver(options, source.Store.Store, source.Keys, _ => { }, SilentProgress.Instance, TimeProvider.System))
            await RefusedAsync(() => receiver.RunAsync(BackedUpServer.Cancellation).WaitAsync(TimeSpan.FromSeconds(20)));
        await RefusedAsync(() => new RestorePoint(options, source.Store.Store, source.Keys, _ => { }, TimeProvider.System)
            .TakeAsync("20261123T020000Z-9f3c", Lsn.Zero, BackedUpServer.Cancellation));
        Assert.Equal(before, source.Photograph());
        Assert.Equal("0", await standby.ScalarAsync("select count(*) from pg_replication_slots"));

        // What it was refused for is over once it is promoted.
        await standby.ExecuteAsync("postgres", "select pg_promote()");
        Assert.Equal(2u, (await backup.RunAsync(BackedUpServer.Cancellation)).Timeline);
    }

    private static async Task RefusedAsync(Func<Task> attempt)
    {
        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(attempt);
        Assert.Contains("standby", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
