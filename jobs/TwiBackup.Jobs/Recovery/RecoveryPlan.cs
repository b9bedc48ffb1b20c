using TwiBackup.Catalog;
using TwiBackup.Database;

namespace TwiBackup.Recovery;

/// <summary>What a recovery will do, decided before anything is changed.</summary>
public sealed record RecoveryPlan
{
    /// <summary>When it was made: the old primary's WAL may not go on after it.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>How the database is restored; null: none is.</summary>
    public RestorePlan? Database { get; init; }

    /// <summary>The dump that the database is restored from, where there are no fulls; null: none is.</summary>
    public BackupSet? Dump { get; init; }

    /// <summary>The set of the repository; null: none is restored.</summary>
    public BackupSet? Repository { get; init; }

    /// <summary>The set of the configuration; null: none is restored.</summary>
    public BackupSet? Configuration { get; init; }

    /// <summary>Sets that are passed over, and why; one line each.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>Folders that hold something and will be moved aside.</summary>
    public IReadOnlyList<string> InTheWay { get; init; } = [];

    /// <summary>What would stop the recovery, one line each, as far as can be seen beforehand.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>All steps, also those that are not done.</summary>
    public required IReadOnlyList<PlannedStep> Steps { get; init; }

    /// <summary>The newest instant of the database that comes back; null: none does. Of a dump it is its beginning, or a little after.</summary>
    public DateTimeOffset? NewestTime => Database?.NewestTime ?? Dump?.Manifest.StartedAt;

    /// <summary>The newest instant at which the old system is known to have lived: a signed mark or the end of a set.</summary>
    public DateTimeOffset? LastSign
    {
        get
        {
            DateTimeOffset?[] signs = [NewestTime, Repository?.Manifest.CompletedAt, Configuration?.Manifest.CompletedAt];
            return signs.Max();
        }
    }

    /// <summary>The sets that are used, the database's first.</summary>
    public IEnumerable<BackupSet> Sets => new[] { Database?.Set, Dump, Repository, Configuration }.OfType<BackupSet>();
}
