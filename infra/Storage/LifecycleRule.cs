namespace TwiBackup.Infra.Storage;

/// <summary>A rule of a bucket's lifecycle, as data. Days count from an object's creation; S3 runs rules about once a day.</summary>
/// <param name="Id">Names the rule in the bucket.</param>
/// <param name="Prefix">With the system's name.</param>
public sealed record LifecycleRule(string Id, string Prefix)
{
    /// <summary>The value of <see cref="RetentionTag.Key"/> that an object needs for the rule. Null: the rule looks at no tag.</summary>
    public string? Tag { get; init; }

    /// <summary>The age at which the current version gives way to a delete marker.</summary>
    public int? ExpireDays { get; init; }

    /// <summary>Days after which a version that is no longer current is destroyed, once its lock is over.</summary>
    public int? NoncurrentDays { get; init; }

    /// <summary>Days after which the parts of an upload that nobody finished are destroyed.</summary>
    public int? AbortUploadDays { get; init; }

    /// <summary>Whether delete markers with no version behind them are removed.</summary>
    public bool RemoveStaleMarkers { get; init; }

    public Transition? Transition { get; init; }
}
