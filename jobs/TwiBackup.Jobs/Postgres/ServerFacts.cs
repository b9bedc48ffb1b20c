namespace TwiBackup.Postgres;

/// <summary>What a backup needs to know and keep of a server. Holds no secret.</summary>
public sealed record ServerFacts
{
    /// <summary>server_version_num, e.g. 150018.</summary>
    public required int VersionNumber { get; init; }

    /// <summary>server_version, e.g. <c>15.18 (Debian 15.18-0+deb12u1)</c>.</summary>
    public required string Version { get; init; }

    /// <summary>What it was built for, from version(): e.g. <c>x86_64-pc-linux-gnu</c>, 64 bits.</summary>
    public required string Platform { get; init; }

    public required ulong SystemIdentifier { get; init; }

    /// <summary>In bytes.</summary>
    public required int WalSegmentSize { get; init; }

    public required string WalLevel { get; init; }

    public required int MaxWalSenders { get; init; }

    public required int FreeWalSenders { get; init; }

    public required int MaxReplicationSlots { get; init; }

    public required int FreeReplicationSlots { get; init; }

    public required bool DataChecksums { get; init; }

    public required bool IsInRecovery { get; init; }

    public required string SynchronousStandbyNames { get; init; }

    /// <summary>Settings that differ from their built-in value, with units; but not those that can hold a secret.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>The versions of the collation libraries, by provider: <c>libc</c>, <c>icu</c>.</summary>
    public required IReadOnlyDictionary<string, string> CollationLibraries { get; init; }

    /// <summary>All but template0.</summary>
    public required IReadOnlyList<DatabaseFacts> Databases { get; init; }

    /// <summary>Locations of tablespaces outside the data directory, by name.</summary>
    public required IReadOnlyDictionary<string, string> Tablespaces { get; init; }

    public int Major => VersionNumber / 10000;

    /// <summary>Asks the server. Throws one line when it cannot be reached.</summary>
    public static Task<ServerFacts> ReadAsync(ConnectionSettings settings, CancellationToken cancellationToken) =>
        ServerFactsReader.ReadAsync(settings, cancellationToken);
}
