namespace TwiBackup.Retention;

/// <summary>What a prune did, or would do.</summary>
public sealed record PruneReport
{
    /// <summary>Sets past their time, as kind/id.</summary>
    public required IReadOnlyList<string> Sets { get; init; }

    /// <summary>What killed jobs left: prefixes without a manifest whose newest object is older than 48 hours.</summary>
    public required IReadOnlyList<string> Garbage { get; init; }

    /// <summary>WAL objects.</summary>
    public required int WalObjects { get; init; }

    /// <summary>Objects whose grace had passed and that were deleted now (file store).</summary>
    public required int Swept { get; init; }

    /// <summary>Stored bytes of all that expires.</summary>
    public required long Bytes { get; init; }

    /// <summary>What stays though it is past its time, and why; one line each.</summary>
    public required IReadOnlyList<string> Kept { get; init; }

    /// <summary>Objects, versions counted each, that are past their time and that the store does not let this job tag.</summary>
    public required int Denied { get; init; }
}
