using Amazon.Runtime;

namespace TwiBackup.Stores;

/// <summary>Where an S3 store is and how it is talked to.</summary>
internal sealed record S3Settings(string Bucket)
{
    /// <summary>Before every key, without slashes at its ends; may be empty.</summary>
    public string Prefix { get; init; } = "";

    public string Region { get; init; } = "us-east-1";

    /// <summary>Null: Amazon's own.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Whether the server keeps all of Amazon's promises, and makes Amazon's demands.</summary>
    public bool IsAmazon { get; init; }

    public bool ForcePathStyle { get; init; }

    /// <summary>Null: the SDK's chain (profile, container, instance).</summary>
    public AWSCredentials? Credentials { get; init; }

    /// <summary>What every put asks for; null: nothing, so that the bucket's default holds.</summary>
    public ObjectLock? Lock { get; init; }

    /// <summary>Bytes of an upload's first parts; at least 5 MiB. See <see cref="S3Parts"/>.</summary>
    public int PartSize { get; init; } = 16 << 20;

    /// <summary>Parts of one upload under way at once.</summary>
    public int PartsInFlight { get; init; } = 4;

    /// <summary>How often a request is tried in all.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>Before the second attempt; doubled each time, with jitter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>An attempt in which no byte moves for so long is given up.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that putting together a multipart upload may take (Amazon: "several minutes").</summary>
    public TimeSpan CompleteSilence { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The server for messages.</summary>
    public string Server => Endpoint?.GetLeftPart(UriPartial.Authority) ?? $"Amazon S3 in {Region}";

    public string Location => Prefix.Length == 0 ? $"s3://{Bucket}" : $"s3://{Bucket}/{Prefix}";

    public string FullKey(string key) => Prefix.Length == 0 ? key : $"{Prefix}/{key}";

    /// <summary>The store's key of a full one.</summary>
    public string KeyOf(string fullKey) => Prefix.Length == 0 ? fullKey : fullKey[(Prefix.Length + 1)..];
}
