namespace TwiBackup.Catalog;

/// <summary>What a manifest says of a dump set.</summary>
public sealed record DumpFacts
{
    /// <summary>The version of pg_dump that wrote it, e.g. 15.18: a pg_restore of an older major version can't read it.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>
    /// Whether the roles have their password hashes. Servers that show them to nobody (managed ones) give roles without passwords.
    /// </summary>
    public required bool RolePasswords { get; init; }

    /// <summary>The roles inside.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>The databases inside, each of one snapshot.</summary>
    public required IReadOnlyList<DumpedDatabase> Databases { get; init; }
}
