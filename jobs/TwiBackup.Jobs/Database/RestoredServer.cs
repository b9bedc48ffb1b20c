using TwiBackup.Catalog;
using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>A restored and promoted server on a private socket, where nobody else can reach it. Disposing kills it.</summary>
public sealed class RestoredServer(LocalServer server, RestoreTarget target, RestorePlan plan) : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Superuser on the private socket.</summary>
    public ConnectionSettings Connection => server.Connection;

    public string DataDirectory => target.Path;

    public BackupSet Set => plan.Set;

    public RestorePlan Plan => plan;

    /// <summary>The new timeline.</summary>
    public required uint Timeline { get; init; }

    /// <summary>The end of replay.</summary>
    public required Lsn ReachedLsn { get; init; }

    /// <summary>The commit time of the last transaction replayed; null when none was.</summary>
    public required DateTimeOffset? LastCommit { get; init; }

    /// <summary>Configuration files that were written because the backup held none.</summary>
    public required IReadOnlyList<string> WrittenFiles { get; init; }

    /// <summary>Stops the server cleanly; what is left is a cluster that can be started by whoever owns it.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (!await server.StopAsync(StopMode.Fast, StopTimeout, cancellationToken))
            throw new TwiBackupException($"The restored server on {DataDirectory} does not stop. Look at its processes, stop it by pg_ctl stop, and start it as you would.");
        ClusterFiles.RemoveRecoveryTraces(DataDirectory);
        target.Complete();
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
