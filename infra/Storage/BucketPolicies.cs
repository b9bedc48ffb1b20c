using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Storage;

/// <summary>
/// What a bucket refuses whatever IAM allows. It grants nothing: whoever is let in is let in by a role's own policy
/// (<see href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/list_amazons3.html">actions and keys of S3</see>).
/// </summary>
public static class BucketPolicies
{
    private const string Encryption = "s3:x-amz-server-side-encryption";
    private const string Key = "s3:x-amz-server-side-encryption-aws-kms-key-id";

    private static readonly string[] ReadsAndWrites =
    [
        "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging", "s3:PutObject", "s3:PutObjectTagging",
        "s3:PutObjectVersionTagging", "s3:PutObjectRetention", "s3:AbortMultipartUpload", "s3:RestoreObject",
    ];

    private static readonly string[] Replicates = ["s3:ReplicateObject", "s3:ReplicateTags", "s3:GetObjectVersionForReplication"];

    private static readonly string[] Destroys =
    [
        "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging",
            "s3:BypassGovernanceRetention",
        "s3:PutObjectLegalHold", "s3:PutObjectAcl", "s3:PutObjectVersionAcl",
    ];

    private static readonly string[] Protections =
    [
        "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutBucketObjectLockConfiguration",
        "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration", "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketOwnershipControls", "s3:PutBucketAcl",
    ];

    /// <summary>The policy of the bucket of a region.</summary>
    /// <param name="keyArn">The key that the bucket's objects are encrypted with.</param>
    /// <param name="roles">ARNs of all that may touch objects.</param>
    public static PolicyDocument For(StackConfig config, string region, string keyArn, IReadOnlyList<string> roles)
    {
        var bucket = config.Names.BucketArn(region);
        var objects = $"{bucket}/*";
        List<Statement> statements =
        [
            Deny("DenyPlainHttp", ["s3:*"], [bucket, objects], new Condition("Bool", "aws:SecureTransport", "false")),
            Deny("DenyOldTls", ["s3:*"], [bucket, objects], new Condition("NumericLessThan", "s3:TlsVersion", "1.2")),
            Deny("DenyUnknownRoles", ReadsAndWrites, [objects], new Condition("ArnNotLike", "aws:PrincipalArn", roles)),
            Deny("DenyUnknownReplication", Replicates, [objects],
                new Condition("ArnNotEquals", "aws:PrincipalArn", config.Names.RoleArn(config.Names.ReplicationRole))),
            Deny("DenyDestroying", Destroys, [objects]),
            Deny("DenyReplicatedDeletes", ["s3:ReplicateDelete", "s3:ObjectOwnerOverrideToBucketOwner"], [objects]),

            // Who asks for nothing gets the bucket's key; IfExists would deny just that, as it holds when the header is absent.
            Deny("DenyOtherEncryption", ["s3:PutObject"], [objects], Present(Encryption),
                new Condition("StringNotEquals", Encryption, "aws:kms")),
            Deny("DenyOtherKey", ["s3:PutObject"], [objects], Present(Key), new Condition("ArnNotEquals", Key, keyArn)),
            Deny("DenyCustomerKey", ["s3:PutObject"], [objects], Present("s3:x-amz-server-side-encryption-customer-algorithm")),

            // The parts of an upload carry no condition; its completion does.
            Deny("DenyOverwriting", ["s3:PutObject"], [objects], new Condition("Null", "s3:if-none-match", "true"),
                new Condition("Bool", "s3:ObjectCreationOperation", "true")),
            Deny("DenyTagsOnPut", ["s3:PutObject"], [objects], Present("s3:RequestObjectTagKeys")),
            Deny("DenyOtherTags", ["s3:PutObjectTagging", "s3:PutObjectVersionTagging"], [objects],
                new Condition("ForAnyValue:StringNotEquals", "s3:RequestObjectTagKeys", RetentionTag.Key)),
            Deny("DenyOtherTagValues", ["s3:PutObjectTagging", "s3:PutObjectVersionTagging"], [objects],
                new Condition("StringNotEquals", $"s3:RequestObjectTag/{RetentionTag.Key}", RetentionTag.Values)),
            .. Locks(config, objects),
        ];
        if (config.Administrators.Count > 0)
            statements.Add(Deny("DenyUnprotecting", Protections, [bucket],
                new Condition("ArnNotLike", "aws:PrincipalArn", config.Administrators)));
        return new PolicyDocument(statements);
    }

    /// <summary>A writer that sets locks itself sets none that ends too early, nor one that fills the bucket for a century.</summary>
    private static IEnumerable<Statement> Locks(StackConfig config, string objects)
    {
        const string Remaining = "s3:object-lock-remaining-retention-days";
        var (least, most) = LockDays.Bounds(config.Systems);
        yield return Deny("DenyShortLocks", ["s3:PutObject", "s3:PutObjectRetention"], [objects],
            new Condition("NumericLessThan", Remaining, Text(least)));
        yield return Deny("DenyEndlessLocks", ["s3:PutObject", "s3:PutObjectRetention"], [objects],
            new Condition("NumericGreaterThan", Remaining, Text(most)));
        var other = config.Systems[0].Policy.Stores.Lock!.Mode == LockMode.Governance ? "COMPLIANCE" : "GOVERNANCE";
        yield return Deny("DenyOtherLockMode", ["s3:PutObject", "s3:PutObjectRetention"], [objects],
            new Condition("StringEquals", "s3:object-lock-mode", other));
    }

    private static Condition Present(string key) => new("Null", key, "false");

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Statement Deny(
        string sid, IReadOnlyList<string> actions, IReadOnlyList<string> resources, params IReadOnlyList<Condition> conditions) =>
        new(sid, actions, resources) { Allow = false, Principal = Principal.Everybody, Conditions = conditions };
}
