namespace TwiBackup.Infra.Configuration;

/// <summary>Where and with what the jobs run.</summary>
public sealed record JobsConfig
{
    /// <summary>Null: a small network is made for them.</summary>
    public ExistingNetwork? Network { get; init; }

    /// <summary>The port that the database listens on; the way out that tasks get beside HTTPS.</summary>
    public required int DatabasePort { get; init; }

    /// <summary>GiB of scratch disk that verification restores into, 21 to 200.</summary>
    public required int ScratchGigabytes { get; init; }

    /// <summary>An EFS file system and its access point with the application's files (<c>fs-…/fsap-…</c>). Null: the bot's host backs them
    /// up. Only with <see cref="Network"/>, in which it has its mount targets.</summary>
    public string? ApplicationFiles { get; init; }

    /// <summary>An image that is in the repository already, as <c>sha256:…</c>. Null: it is built from the source.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>Days that logs are kept.</summary>
    public required int LogDays { get; init; }

    /// <summary>Whether this program owns the registry's replication, of which an account has one a region.</summary>
    public required bool ReplicateImages { get; init; }
}
