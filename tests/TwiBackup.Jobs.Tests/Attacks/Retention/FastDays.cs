using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Retention;
using TwiBackup.Tests.Invariants;

namespace TwiBackup.Tests.Attacks.Retention;

/// <summary>
/// A life in which a day takes seconds, on a server whose lifecycle does the same: the policy says seconds where the rules of
/// <c>infra/Storage/LifecycleRules.cs</c> would say days.
/// </summary>
internal static class FastDays
{
    /// <summary>A day in seconds. With less the server does not get through all rules.</summary>
    public const int Day = 5;

    public const int KeepFull = 4;

    public const int KeepWal = 5;

    public const int Window = 2;

    private const int DataGrace = 3;

    public static readonly TimeSpan Length = TimeSpan.FromSeconds(Day);

    /// <summary>The policy's words.</summary>
    public static string Days(int days) => $"{days * Day}s";

    /// <summary>The rules that the infrastructure's program makes of such a policy, but for the moves: radosgw has one storage class.</summary>
    public static async Task PutRulesAsync(AmazonS3Client owner, string bucket, string folder)
    {
        var (full, wal) = ($"{folder}database/full/", $"{folder}wal/");
        List<LifecycleRule> rules =
        [
            Rule("full", full, Pruner.Expire, KeepFull),
            Rule("full-data", full, Pruner.ExpireData, KeepFull + DataGrace),
            Rule("wal", wal, Pruner.Expire, KeepWal),
            new LifecycleRule
            {
                Id = "housekeeping",
                Status = LifecycleRuleStatus.Enabled,
                Filter = new LifecycleFilter { LifecycleFilterPredicate = new LifecyclePrefixPredicate { Prefix = folder } },
                Expiration = new LifecycleRuleExpiration { ExpiredObjectDeleteMarker = true },
                AbortIncompleteMultipartUpload = new LifecycleRuleAbortIncompleteMultipartUpload { DaysAfterInitiation = 2 },
            },
        ];
        await owner.PutLifecycleConfigurationAsync(
            new PutLifecycleConfigurationRequest { BucketName = bucket, Configuration = new LifecycleConfiguration { Rules = rules } }, CommandLine.Cancellation);
    }

    private static LifecycleRule Rule(string id, string prefix, string tag, int days) => new()
    {
        Id = id,
        Status = LifecycleRuleStatus.Enabled,
        Filter = new LifecycleFilter
        {
            LifecycleFilterPredicate = new LifecycleAndOperator
            {
                Operands = [new LifecyclePrefixPredicate { Prefix = prefix }, new LifecycleTagPredicate { Tag = new Tag { Key = Pruner.Tag, Value = tag } }],
            },
        },
        Expiration = new LifecycleRuleExpiration { Days = days },
        NoncurrentVersionExpiration = new LifecycleRuleNoncurrentVersionExpiration { NoncurrentDays = 1 },
    };
}
