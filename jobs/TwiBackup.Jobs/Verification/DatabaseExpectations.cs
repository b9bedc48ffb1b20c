namespace TwiBackup.Verification;

/// <summary>What only somebody who knows the database can say of it. All of it may be left out.</summary>
public sealed record DatabaseExpectations
{
    /// <summary>Who owns the database and everything in it. Null: whoever owns the database.</summary>
    public string? Owner { get; init; }

    /// <summary>
    /// Sequences that nothing in the catalog ties to their column: sequence to (table, column), written as in SQL, with schema.
    /// </summary>
    public IReadOnlyDictionary<string, (string Table, string Column)> SequenceColumns { get; init; } =
        new Dictionary<string, (string Table, string Column)>();

    /// <summary>
    /// How many orphans each foreign key that is NOT VALID has, by constraint name, e.g. counted when the backup was taken.
    /// Null: any number, and any key may be NOT VALID; else only these may.
    /// </summary>
    public IReadOnlyDictionary<string, long>? Orphans { get; init; }

    /// <summary>
    /// The only foreign keys that may be NOT VALID, by constraint name, with any number of orphans; all of them must be there.
    /// Null: <see cref="Orphans"/> decides.
    /// </summary>
    public IReadOnlyList<string>? NotValid { get; init; }

    /// <summary>Tables that must be there, written as in SQL, with schema.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>The schema's <see cref="SchemaFingerprint"/>. Null: any.</summary>
    public string? Schema { get; init; }
}
