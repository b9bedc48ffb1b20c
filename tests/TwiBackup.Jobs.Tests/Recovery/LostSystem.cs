using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Repositories;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Repositories;

namespace TwiBackup.Tests.Recovery;

/// <summary>
/// A small system that is lost: a database with two fulls and WAL behind them, a repository and a configuration, all in one store; its
/// primary is dead. Tests recover from copies of the store (<see cref="RecoveryScene"/>).
/// </summary>
public sealed class LostSystem : IAsyncLifetime
{
    /// <summary>What the configuration holds that nobody but its reader may see.</summary>
    public const string Secret = "token-of-the-bot-7f3a";

    public const int Rows = 30;

    private BackedUpServer source = null!;

    /// <summary>The store as the disaster left it.</summary>
    public string StoreRoot => source.Store.Root;

    public TwiBackup.Sealing.KeyRing Keys => source.Keys;

    /// <summary>The dead primary.</summary>
    public ConnectionSettings OldPrimary => source.Server.Replicator with { SslMode = "disable" };

    public BackupSet FirstFull { get; private set; } = null!;

    public BackupSet Full { get; private set; } = null!;

    public BackupSet Repository { get; private set; } = null!;

    public BackupSet Configuration { get; private set; } = null!;

    /// <summary>Absolute, where the bot had its secrets.</summary>
    public string EnvironmentFile { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int primary key)");
        await source.StartReceiverAsync();
        // By a machine whose clock is fast: LSNs tell which full is the newer one, names do not.
        FirstFull = await source.BackUpAsync(clock: new ShiftedClock(TimeSpan.FromMinutes(1)));
        await source.ExecuteAsync("insert into rows select generate_series(1, 10)");
        Full = await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows select generate_series(11, 20)", "select pg_switch_wal()", "insert into rows select generate_series(21, 30)");
        await source.CatchUpAsync();
        // Marks tell times: until one lies behind the last commit, "the newest time" is before it.
        var committed = DateTimeOffset.UtcNow;
        while ((await source.PlanAsync(TwiBackup.Database.RecoveryTarget.Latest)).NewestTime <= committed)
            await Task.Delay(50, BackedUpServer.Cancellation);
        await source.StopReceiverAsync();
        source.Server.Server.Kill();
        await source.Server.Server.WaitForExitAsync(BackedUpServer.Cancellation);

        await using var repository = await RepositoryTest.CreateAsync();
        Repository = await new RepositoryBackup(
            source.Catalog, new RepositoryBackupOptions { Source = repository.Source, Keep = TimeSpan.FromDays(365), ScratchFolder = repository.Files.Folder },
            GitAccess.None, TimeProvider.System, SilentProgress.Instance).RunAsync(BackedUpServer.Cancellation);
        EnvironmentFile = repository.Files.Write(".env", $"DISCORD_TOKEN={Secret}\n");
        repository.Files.Write("ssl-cert/server.key", "a key\n");
        Configuration = (await new ConfigurationBackup(
            source.Catalog,
            new ConfigurationBackupOptions
            {
                Paths = [new ConfigurationPath(EnvironmentFile), new ConfigurationPath(Path.Combine(repository.Source, "ssl-cert"))],
                Keep = TimeSpan.FromDays(90),
            },
            TimeProvider.System, SilentProgress.Instance).RunAsync(BackedUpServer.Cancellation)).Set!;
        await BackUpLogsAsync(repository.Files);
    }

    /// <summary>Archives a log of these lines.</summary>
    public const string LogLine = "the bot wrote this";

    private async Task BackUpLogsAsync(Files.FilesTest files)
    {
        var log = files.WriteLog("bot.log.1", LogLine + "\n");
        await new LogBackup(source.Catalog, new LogBackupOptions { Paths = [log], Keep = TimeSpan.FromDays(90) }, TimeProvider.System, SilentProgress.Instance)
            .RunAsync(BackedUpServer.Cancellation);
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
