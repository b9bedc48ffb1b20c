namespace TwiBackup.Database.Dumps;

/// <summary>A table back in the live database.</summary>
/// <param name="Table">Schema and name, quoted where needed.</param>
/// <param name="Rows">How many it has.</param>
/// <param name="Aside">What had its name, by schema and name; null: nothing had.</param>
/// <param name="Missing">Statements for foreign keys of other tables that pointed at it and that the live database has lost.</param>
public sealed record RestoredTable(string Table, long Rows, string? Aside, IReadOnlyList<string> Missing);
