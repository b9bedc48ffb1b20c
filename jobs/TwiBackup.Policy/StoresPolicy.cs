namespace TwiBackup.Policy;

/// <summary>
/// Where sealed objects go. URLs are normalised: <c>file:///path</c> or <c>s3://bucket/prefix?endpoint=…&amp;region=…</c>.
/// </summary>
public sealed record StoresPolicy
{
    public required string Primary { get; init; }

    /// <summary>The second place, filled by replication. Null: there is none, which the check complains about.</summary>
    public string? Replica { get; init; }

    /// <summary>Object lock (S3). Null: none.</summary>
    public LockPolicy? Lock { get; init; }
}
