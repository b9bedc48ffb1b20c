namespace TwiBackup.Catalog;

/// <summary>One database of a dump set, as its snapshot showed it.</summary>
public sealed record DumpedDatabase
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The object with its archive, relative to the set: a database's name may hold what an object's can't.</summary>
    public required string Object { get; init; }

    /// <summary>The server's clock when the snapshot was taken: the dump is the database of this instant.</summary>
    public required DateTimeOffset SnapshotTime { get; init; }

    /// <summary>Installed extensions and their versions.</summary>
    public required IReadOnlyDictionary<string, string> Extensions { get; init; }

    /// <summary>
    /// Materialized views that were filled. They are filled anew at a restore, so that their rows are nothing to compare.
    /// </summary>
    public required IReadOnlyList<string> MaterializedViews { get; init; }

    /// <summary>Rows and digest of every table: what a restore must bring back.</summary>
    public required IReadOnlyList<TableDigest> Tables { get; init; }
}
