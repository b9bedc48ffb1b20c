namespace TwiBackup.Postgres;

/// <summary>How <see cref="LocalServer.InitAsync"/> makes a cluster.</summary>
public sealed record InitOptions
{
    public string Superuser { get; init; } = "postgres";

    /// <summary>The superuser's password for TCP; the private Unix socket asks for none.</summary>
    public string? Password { get; init; }

    /// <summary>Page checksums.</summary>
    public bool Checksums { get; init; } = true;

    /// <summary>A power of two from 1 to 1024.</summary>
    public int WalSegmentSizeMb { get; init; } = 16;

    /// <summary>The method of pg_hba.conf for TCP.</summary>
    public string AuthHost { get; init; } = "scram-sha-256";

    public string Locale { get; init; } = "C.UTF-8";
}
