using TwiBackup.Catalog;

namespace TwiBackup.Database.Dumps;

/// <summary>A database in its place.</summary>
/// <param name="Source">What was dumped.</param>
/// <param name="Name">Its name now.</param>
/// <param name="Aside">The name of what had its name; null: nothing had.</param>
/// <param name="EmptyViews">Materialized views that could not be filled, and why.</param>
public sealed record RestoredDatabase(DumpedDatabase Source, string Name, string? Aside, IReadOnlyList<string> EmptyViews)
{
    /// <summary>Rows of all its tables.</summary>
    public long Rows => Source.Tables.Sum(t => t.Rows);
}
