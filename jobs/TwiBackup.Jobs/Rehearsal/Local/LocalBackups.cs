using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Files;
using TwiBackup.Progress;
using TwiBackup.Repositories;

namespace TwiBackup.Rehearsal.Local;

/// <summary>The jobs of a rehearsed system's host, with the host's rights and keys: they can open nothing.</summary>
internal sealed class LocalBackups(LocalSystem system, IProgressReporter progress)
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);

    private SetCatalog Catalog => new(system.Stores.Writer, LocalSystem.Name, system.Keys.Writer);

    /// <summary>A full backup of the database.</summary>
    public async Task<BackupSet> FullAsync(CancellationToken cancellationToken)
    {
        var set = await new FullBackup(Catalog, system.Database.ReplicatorConnection, new FullBackupOptions { Keep = Keep }, TimeProvider.System, progress)
            .RunAsync(cancellationToken);
        progress.Say($"Full backup {set.Id}: {Sizes.Text(set.Manifest.PlainBytes)}, stored {Sizes.Text(set.Manifest.StoredBytes)}, in {Sizes.Text(set.Manifest.CompletedAt - set.Manifest.StartedAt)}.");
        return set;
    }

    /// <summary>Everything beside the database: configuration, repository, rotated logs.</summary>
    public async Task<HomeBackups> HomeAsync(CancellationToken cancellationToken)
    {
        var home = system.Home;
        progress.Stage("configuration, repository, logs");
        var quiet = SilentProgress.Instance;
        var configuration = await new ConfigurationBackup(
            Catalog, new ConfigurationBackupOptions { Paths = home.ConfigurationPaths, Keep = Keep, Reason = "deploy" }, TimeProvider.System, quiet).RunAsync(cancellationToken);
        var repository = await new RepositoryBackup(
            Catalog, new RepositoryBackupOptions { Source = home.Folder, Keep = Keep, ScratchFolder = system.Folder }, GitAccess.None, TimeProvider.System, quiet).RunAsync(cancellationToken);
        var logs = await new LogBackup(Catalog, new LogBackupOptions { Paths = home.LogPaths, Keep = Keep }, TimeProvider.System, quiet).RunAsync(cancellationToken);
        return new HomeBackups(
            configuration.Set, repository, logs.Set, home.Configuration(), await home.RefsAsync(cancellationToken), home.RotatedLogs());
    }
}
