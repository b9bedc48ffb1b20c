using TwiBackup.Catalog;

namespace TwiBackup.Tests.Database;

/// <summary>A server with three rows, one full and a receiver that has caught up and stopped: for tests that break a restore.</summary>
public sealed class OneBackup : IAsyncLifetime
{
    public BackedUpServer Source { get; private set; } = null!;

    public BackupSet Set { get; private set; } = null!;

    /// <summary>Where the cluster would archive, were it started as it was: its owner is the server's account.</summary>
    public string Archive { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Source = await BackedUpServer.StartAsync(("archive_mode", "on"));
        Archive = Path.Combine(Source.Folder, "archive");
        Directory.CreateDirectory(Archive);
        Postgres.TestEnvironment.Account.Chown(Archive);
        // In the data directory, so that every copy brings it along.
        await Source.ExecuteAsync(
            "create table rows(id int primary key)",
            $"alter system set archive_command = 'cp %p {Archive}/%f'",
            "alter system set archive_mode = 'on'",
            "alter system set synchronous_standby_names = 'standby_of_production'",
            "alter system set primary_conninfo = 'host=production.invalid password=conninfo-secret'",
            "alter system set primary_slot_name = 'production'",
            "alter system set recovery_target_name = 'left-by-an-earlier-restore'",
            "alter system set listen_addresses = '*'");
        await Source.StartReceiverAsync();
        Set = await Source.BackUpAsync();
        for (var id = 1; id <= 3; id++)
            await Source.ExecuteAsync($"insert into rows values ({id})", "select pg_switch_wal()");
        await Source.CatchUpAsync();
        await Source.StopReceiverAsync();
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
