namespace TwiBackup.Policy;

/// <summary>A kind of object in the store: where it lies and for how long it is kept.</summary>
/// <param name="Name">For ids: <c>database-full</c>.</param>
/// <param name="Folder">Below the system's prefix, with its last slash: <c>database/full/</c>.</param>
/// <param name="Keep">The least age at which an object may go.</param>
/// <param name="IsSet">Whether it is sets with a manifest; else single objects.</param>
public sealed record StoreKind(string Name, string Folder, TimeSpan Keep, bool IsSet)
{
    /// <summary>What writers put.</summary>
    public static IReadOnlyList<string> BackupFolders { get; } = ["database/", "wal/", "configuration/", "repository/", "logs/"];

    /// <summary>What verifiers put.</summary>
    public static IReadOnlyList<string> RecordFolders { get; } = ["verification/", "rehearsal/"];

    /// <summary>The kinds that a policy takes, in the order of the store's layout.</summary>
    public static IReadOnlyList<StoreKind> Of(BackupPolicy policy)
    {
        var backups = policy.Backups;
        IEnumerable<(bool Taken, string Kind, string Name, string Folder, bool IsSet)> all =
        [
            (backups.Full is not null, "full", "database-full", "database/full/", true),
            (backups.Full is not null && backups.Incremental is not null, "differential", "database-differential", "database/differential/",
                true),
            (backups.Dump is not null, "dump", "database-dump", "database/dump/", true),
            (backups.Incremental is not null, "wal", "wal", "wal/", false),
            (backups.Configuration is not null, "configuration", "configuration", "configuration/", true),
            (backups.Repository is not null, "repository", "repository", "repository/", true),
            (backups.Logs is not null, "logs", "logs", "logs/", true),
            (true, "verification", "verification", "verification/", false),
            (true, "rehearsal", "rehearsal", "rehearsal/", false),
        ];
        return [.. all.Where(kind => kind.Taken)
            .Select(kind => new StoreKind(kind.Name, kind.Folder, policy.KeepFor(kind.Kind), kind.IsSet))];
    }
}
