using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;
using TwiBackup.Infra.Storage;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Roles;

/// <summary>
/// What each of a system's four roles may do with the store; nothing else says so. No role can delete an object, lift a lock or
/// reach another system's prefix. Which keys a job gets to open and sign is a matter of its execution role.
/// </summary>
public static class RolePolicies
{
    private static readonly string[] Reads = ["s3:GetObject", "s3:GetObjectVersion"];
    private static readonly string[] Puts = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

    /// <summary>What is read of a set without opening it.</summary>
    private static readonly string[] Manifests = ["*/manifest.json", "*/manifest.json.minisig"];

    /// <summary>The policy of a role.</summary>
    /// <param name="keyArns">The bucket key's ARN by region.</param>
    public static PolicyDocument For(JobRole role, ProtectedSystem system, Names names, IReadOnlyDictionary<string, string> keyArns)
    {
        var store = new Store(system, names, keyArns);
        return role switch
        {
            JobRole.Writer => Writer(store),
            JobRole.Retention => Retention(store),
            JobRole.Verifier => Verifier(store),
            JobRole.Restorer => Restorer(store),
            _ => throw new ArgumentOutOfRangeException(nameof(role)),
        };
    }

    private static PolicyDocument Writer(Store store)
    {
        var region = store.Names.PrimaryRegion;
        return new PolicyDocument(
        [
            store.List("List", region),
            new Statement("ReadManifests", Reads, store.Objects([region], Manifests)),
            .. store.Write("PutBackups", [region], StoreKind.BackupFolders),
            store.UseKey("SealThroughS3", region, "kms:Decrypt", "kms:GenerateDataKey"),
        ]);
    }

    private static PolicyDocument Retention(Store store)
    {
        var region = store.Names.PrimaryRegion;
        return new PolicyDocument(
            store.List("List", region),
            new Statement("ReadManifestsAndRecords", Reads,
                store.Objects([region], [.. Manifests, .. StoreKind.RecordFolders.Select(folder => $"{folder}*")])),
            new Statement("ReadTags", ["s3:GetObjectTagging", "s3:GetObjectVersionTagging"], store.Objects([region], ["*"])),
            new Statement("TagWhatMayExpire", ["s3:PutObjectTagging", "s3:PutObjectVersionTagging"], store.Objects([region], ["*"]))
            {
                Conditions =
                [
                    new Condition("ForAllValues:StringEquals", "s3:RequestObjectTagKeys", RetentionTag.Key),
                    new Condition("StringEquals", $"s3:RequestObjectTag/{RetentionTag.Key}", RetentionTag.Values),
                ],
            },
            store.UseKey("OpenThroughS3", region, "kms:Decrypt"));
    }

    private static PolicyDocument Verifier(Store store) => new(
    [
        .. Reader(store),
        new Statement("PutRecords", Puts,
            store.Objects([store.Names.PrimaryRegion], [.. StoreKind.RecordFolders.Select(folder => $"{folder}*")])),
        .. store.Regions.Select((region, i) => i == 0
            ? store.UseKey("UseKeyThroughS3", region, "kms:Decrypt", "kms:GenerateDataKey")
            : store.UseKey("UseReplicaKeyThroughS3", region, "kms:Decrypt")),
    ]);

    private static PolicyDocument Restorer(Store store) => new(
    [
        .. Reader(store),
        .. store.Write("PutBackupsAndRecords", store.Regions, [.. StoreKind.BackupFolders, .. StoreKind.RecordFolders]),
        store.UseKey("UseKeyThroughS3", store.Regions[0], "kms:Decrypt", "kms:GenerateDataKey"),
        store.UseKey("UseReplicaKeyThroughS3", store.Regions[1], "kms:Decrypt", "kms:GenerateDataKey"),
    ]);

    private static IEnumerable<Statement> Reader(Store store) =>
    [
        store.List("List", store.Regions[0]),
        store.List("ListReplica", store.Regions[1]),
        new Statement("ReadAll", [.. Reads, "s3:GetObjectTagging", "s3:GetObjectVersionTagging"], store.Objects(store.Regions, ["*"])),
    ];

    /// <summary>ARNs and statements within one system's part of the two buckets.</summary>
    private sealed record Store(ProtectedSystem System, Names Names, IReadOnlyDictionary<string, string> KeyArns)
    {
        public IReadOnlyList<string> Regions => [Names.PrimaryRegion, Names.RecoveryRegion];

        public IReadOnlyList<string> Objects(IReadOnlyList<string> regions, IReadOnlyList<string> patterns) =>
            [.. regions.SelectMany(region => patterns.Select(pattern => $"{Names.BucketArn(region)}/{System.Prefix}{pattern}"))];

        public Statement List(string sid, string region) =>
            new(sid, ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"], [Names.BucketArn(region)])
            {
                Conditions = [new Condition("StringLike", "s3:prefix", $"{System.Prefix}*")],
            };

        public IEnumerable<Statement> Write(string sid, IReadOnlyList<string> regions, IReadOnlyList<string> folders)
        {
            var objects = Objects(regions, [.. folders.Select(folder => $"{folder}*")]);
            yield return new Statement(sid, Puts, objects);
            if (LockDays.IsPerObject(System))
                yield return new Statement("LockWhatIsPut", ["s3:PutObjectRetention"], objects);
        }

        public Statement UseKey(string sid, string region, params IReadOnlyList<string> actions) =>
            new(sid, actions, [KeyArns[region]])
            {
                Conditions =
                [
                    new Condition("StringEquals", "kms:ViaService", $"s3.{region}.{Names.DnsSuffix}"),
                    new Condition("StringLike", "kms:EncryptionContext:aws:s3:arn", Names.BucketArn(region),
                        $"{Names.BucketArn(region)}/{System.Prefix}*"),
                ],
            };
    }
}
