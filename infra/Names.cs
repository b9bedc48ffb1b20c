namespace TwiBackup.Infra;

/// <summary>
/// Every name that one stack makes and another one needs, computed from system, account and region alone. The recovery stack
/// finds buckets, roles, secrets and templates by these, so that it has nothing to ask the region or the stack that is lost.
/// </summary>
/// <param name="Installation">What is shared by all systems of an account is named after this: the first policy's system.</param>
/// <param name="Account">The AWS account, 12 digits.</param>
/// <param name="PrimaryRegion">Where the jobs run and write.</param>
/// <param name="RecoveryRegion">Where the replica is, and what is recovered to.</param>
public sealed record Names(string Installation, string Account, string PrimaryRegion, string RecoveryRegion)
{
    /// <summary>Overrides of derived bucket names, for buckets that existed before; by region.</summary>
    public IReadOnlyDictionary<string, string> AdoptedBuckets { get; init; } = new Dictionary<string, string>();

    /// <summary><c>aws</c>, <c>aws-cn</c> or <c>aws-us-gov</c>.</summary>
    public string Partition =>
        PrimaryRegion.StartsWith("cn-", StringComparison.Ordinal) ? "aws-cn"
        : PrimaryRegion.StartsWith("us-gov-", StringComparison.Ordinal) ? "aws-us-gov"
        : "aws";

    /// <summary>The end of service host names in this partition.</summary>
    public string DnsSuffix => Partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";

    /// <summary>The alias of the key that the bucket of either region is encrypted with.</summary>
    public string DataKeyAlias => $"alias/{Installation}-backup";

    /// <summary>The alias of the key for everything else: logs, topic, queue, images, secrets, volumes.</summary>
    public string OperationsKeyAlias => $"alias/{Installation}-operations";

    public string Cluster => $"{Installation}-backup";

    public string ScheduleGroup => $"{Installation}-backup";

    public string ImageRepository => $"{Installation}/twibackup";

    public string Topic => $"{Installation}-backup-alarms";

    public string DeadLetterQueue => $"{Installation}-backup-dead-letters";

    public string ReplicationRole => $"{Installation}-replication";

    public string Bucket(string region) =>
        AdoptedBuckets.TryGetValue(region, out var adopted) ? adopted : $"{Installation}-backup-{Account}-{region}";

    public string BucketArn(string region) => $"arn:{Partition}:s3:::{Bucket(region)}";

    public string TopicArn(string region) => Arn("sns", region, Topic);

    public string ClusterArn(string region) => Arn("ecs", region, $"cluster/{Cluster}");

    public string ImageRepositoryArn(string region) => Arn("ecr", region, $"repository/{ImageRepository}");

    public string RoleArn(string role) => $"arn:{Partition}:iam::{Account}:role/{role}";

    /// <summary>The role with which a system's jobs of a kind work.</summary>
    public static string Role(string system, JobRole role) => $"{system}-{role.ToString().ToLowerInvariant()}";

    public string RoleArn(string system, JobRole role) => RoleArn(Role(system, role));

    /// <summary>The name of a secret: the variable under which the jobs see it, below the system.</summary>
    public static string Secret(string system, string variable) => $"{system}/{variable}";

    /// <summary>A secret's ARN but for the six characters that Secrets Manager adds, which <c>?</c> stands for.</summary>
    public string SecretArn(string region, string system, string variable) =>
        Arn("secretsmanager", region, $"secret:{Secret(system, variable)}-??????");

    public static string PolicyParameter(string system) => $"/twibackup/{system}/policy";

    public static string ImageParameter(string system) => $"/twibackup/{system}/image";

    public string ParameterArn(string region, string parameter) => Arn("ssm", region, $"parameter{parameter}");

    public static string HostTemplate(string system, HostMode mode) => $"{system}-{mode.ToString().ToLowerInvariant()}";

    public static string HostLogGroup(string system) => $"/twibackup/{system}/host";

    public static string JobLogGroup(string system, string job) => $"/twibackup/{system}/{job}";

    public string LogGroupArn(string region, string group) => Arn("logs", region, $"log-group:{group}");

    public string Arn(string service, string region, string resource) => $"arn:{Partition}:{service}:{region}:{Account}:{resource}";
}
