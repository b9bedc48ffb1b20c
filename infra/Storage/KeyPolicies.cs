using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;

namespace TwiBackup.Infra.Storage;

/// <summary>
/// Who may use the keys. In a key's policy <c>*</c> means this key. Neither policy lets the account's own IAM policies decide who decrypts:
/// a role has to be named here and be allowed by its own policy.
/// </summary>
public static class KeyPolicies
{
    private static readonly string[] Use = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"];

    private static readonly string[] OperationsServices = ["secretsmanager", "ssm", "ecr", "ec2", "sns", "lambda"];

    private static readonly string[] Administration =
    [
        "kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:EnableKey", "kms:DisableKey",
            "kms:EnableKeyRotation",
        "kms:DisableKeyRotation", "kms:RotateKeyOnDemand", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListKeyPolicies",
            "kms:ListKeyRotations",
        "kms:ListGrants", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant", "kms:ReplicateKey", "kms:UpdatePrimaryRegion",
        "kms:UpdateKeyDescription", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
    ];

    /// <summary>The key of the buckets: used by the named roles, through S3 in a region, for that region's bucket.</summary>
    /// <param name="roles">ARNs of all that may read or write objects.</param>
    public static PolicyDocument Data(Names names, string region, IReadOnlyList<string> roles) => new(
        Administer(names),
        new Statement("UseThroughS3", Use, ["*"])
        {
            Principal = Principal.Account(names.Partition, names.Account),
            Conditions =
            [
                new Condition("ArnLike", "aws:PrincipalArn", roles),
                new Condition("StringEquals", "kms:ViaService", $"s3.{region}.{names.DnsSuffix}"),
                new Condition("StringLike", "kms:EncryptionContext:aws:s3:arn", names.BucketArn(region), $"{names.BucketArn(region)}/*"),
            ],
        });

    /// <summary>The key of logs, topic, queue, images, secrets and volumes of a region.</summary>
    public static PolicyDocument Operations(StackConfig config, string region)
    {
        var names = config.Names;
        return new PolicyDocument(
            Administer(names),
            new Statement("UseThroughServices",
                ["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo",
                    "kms:DescribeKey"], ["*"])
            {
                Principal = Principal.Account(names.Partition, names.Account),
                Conditions = [new Condition("StringEquals", "kms:ViaService", Services(names, region))],
            },
            new Statement("GrantToServices", ["kms:CreateGrant"], ["*"])
            {
                Principal = Principal.Account(names.Partition, names.Account),
                Conditions =
                [
                    new Condition("Bool", "kms:GrantIsForAWSResource", "true"),
                    new Condition("StringEquals", "kms:ViaService", $"ec2.{region}.{names.DnsSuffix}", $"ecr.{region}.{names.DnsSuffix}"),
                ],
            },
            new Statement("EncryptLogs",
                ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"], ["*"])
            {
                Principal = Principal.Service($"logs.{region}.{names.DnsSuffix}"),
                Conditions = [new Condition("ArnLike", "kms:EncryptionContext:aws:logs:arn", names.Arn("logs", region, "log-group:*"))],
            },
            new Statement("PublishAlarms", Use, ["*"])
            {
                Principal = Principal.Service(
                    "cloudwatch.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com", "budgets.amazonaws.com"),
                Conditions = [new Condition("StringEquals", "aws:SourceAccount", names.Account)],
            });
    }

    private static string[] Services(Names names, string region) =>
        [.. OperationsServices.Select(service => $"{service}.{region}.{names.DnsSuffix}")];

    private static Statement Administer(Names names) =>
        new("Administer", Administration, ["*"]) { Principal = Principal.Account(names.Partition, names.Account) };
}
