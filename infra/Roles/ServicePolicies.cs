using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;

namespace TwiBackup.Infra.Roles;

/// <summary>What the services that carry the jobs may do: replicate, start a task, fetch its secrets, start a host. As narrow as the ARNs
/// allow.</summary>
public static class ServicePolicies
{
    /// <summary>What EC2 makes or uses when a host starts.</summary>
    private static readonly string[] Started = ["instance/*", "volume/*", "network-interface/*", "subnet/*", "security-group/*"];

    /// <summary>S3's replication from the primary bucket to the second region's (<see
    /// href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html">permissions</see>).</summary>
    public static PolicyDocument Replication(Names names, string sourceKey, string targetKey)
    {
        var (source, target) = (names.BucketArn(names.PrimaryRegion), names.BucketArn(names.RecoveryRegion));
        return new PolicyDocument(
            new Statement("ReadSource", ["s3:GetReplicationConfiguration", "s3:ListBucket"], [source]),
            new Statement("ReadVersions",
                ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging", "s3:GetObjectRetention",
                    "s3:GetObjectLegalHold"],
                [$"{source}/*"]),
            new Statement("WriteReplicas", ["s3:ReplicateObject", "s3:ReplicateTags"], [$"{target}/*"]),
            Key("OpenSource", names, names.PrimaryRegion, sourceKey, "kms:Decrypt"),
            Key("SealReplicas", names, names.RecoveryRegion, targetKey, "kms:Encrypt", "kms:GenerateDataKey"));
    }

    /// <summary>What ECS needs to start one job's task: its image, its log, its own secrets and no other's.</summary>
    public static PolicyDocument Execution(Names names, string logGroup, IReadOnlyList<string> secretArns, string operationsKey)
    {
        var region = names.PrimaryRegion;
        List<Statement> statements =
        [
            .. PullImage(names, region),
            new Statement("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"],
                [$"{names.LogGroupArn(region, logGroup)}:log-stream:*"]),
        ];
        if (secretArns.Count > 0)
        {
            statements.Add(new Statement("FetchSecrets", ["secretsmanager:GetSecretValue"], secretArns));
            statements.Add(OpenSecrets(names, region, operationsKey, secretArns));
        }

        return new PolicyDocument(statements);
    }

    /// <summary>
    /// What a task needs to read the application's files: to mount the file system by that access point and no other way, without writing
    /// (<see href="https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html">EFS and IAM</see>).
    /// </summary>
    /// <param name="files"><c>fs-…/fsap-…</c>.</param>
    public static PolicyDocument Files(Names names, string region, string files)
    {
        var parts = files.Split('/');
        return new PolicyDocument(new Statement("MountReadOnly", ["elasticfilesystem:ClientMount"],
            [names.Arn("elasticfilesystem", region, $"file-system/{parts[0]}")])
        {
            Conditions =
            [
                new Condition("StringEquals", "elasticfilesystem:AccessPointArn",
                    names.Arn("elasticfilesystem", region, $"access-point/{parts[1]}")),
                new Condition("Bool", "elasticfilesystem:AccessedViaMountTarget", "true"),
            ],
        });
    }

    /// <summary>What the scheduler needs to run one system's tasks and to report what it could not run.</summary>
    /// <param name="families">The task definitions' families; a revision is added at each deployment.</param>
    /// <param name="roleArns">The roles that the tasks take.</param>
    public static PolicyDocument Scheduler(
        Names names, IReadOnlyList<string> families, IReadOnlyList<string> roleArns, string deadLetterArn)
    {
        var region = names.PrimaryRegion;
        return new PolicyDocument(
            new Statement("RunTasks", ["ecs:RunTask"],
                [.. families.Select(family => names.Arn("ecs", region, $"task-definition/{family}:*"))])
            {
                Conditions = [new Condition("ArnEquals", "ecs:cluster", names.ClusterArn(region))],
            },
            new Statement("TagTasks", ["ecs:TagResource"], [names.Arn("ecs", region, $"task/{names.Cluster}/*")])
            {
                Conditions = [new Condition("StringEquals", "ecs:CreateAction", "RunTask")],
            },
            new Statement("PassRoles", ["iam:PassRole"], roleArns)
            {
                Conditions = [new Condition("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")],
            },
            new Statement("ReportFailures", ["sqs:SendMessage"], [deadLetterArn]));
    }

    /// <summary>What the recovered host may do beside the store: fetch policy, image and secrets of its own region, log, and tell that it
    /// failed.</summary>
    public static PolicyDocument Host(ProtectedSystem system, Names names, string operationsKey)
    {
        var region = names.RecoveryRegion;
        string[] secrets = [.. system.Secrets.Select(secret => names.SecretArn(region, system.Name, secret.Variable))];
        return new PolicyDocument(
            [
                new Statement("FetchPolicy", ["ssm:GetParameter"],
                    [names.ParameterArn(region, Names.PolicyParameter(system.Name)),
                        names.ParameterArn(region, Names.ImageParameter(system.Name))]),
                new Statement("FetchSecrets", ["secretsmanager:GetSecretValue"], secrets),
                OpenSecrets(names, region, operationsKey, secrets),
                .. PullImage(names, region),
                new Statement("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                    [names.LogGroupArn(region, Names.HostLogGroup(system.Name)),
                        $"{names.LogGroupArn(region, Names.HostLogGroup(system.Name))}:log-stream:*"]),
                new Statement("TellFailure", ["sns:Publish"], [names.TopicArn(region)]),
                KeyVia("SealAlarms", operationsKey, $"sns.{region}.{names.DnsSuffix}", "kms:Decrypt", "kms:GenerateDataKey"),

                // A shell without an open port. These actions know no resource but *.
                new Statement("SessionChannels",
                    ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
                        "ssmmessages:OpenDataChannel"], ["*"]),
                new Statement("SessionRegistration", ["ssm:UpdateInstanceInformation"], [names.Arn("ec2", region, "instance/*")]),
            ]);
    }

    /// <summary>What the scheduler needs to start the rehearsal's host from its template, and no other.</summary>
    public static PolicyDocument Rehearsal(
        ProtectedSystem system, Names names, string templateArn, string operationsKey, string deadLetterArn)
    {
        var region = names.RecoveryRegion;
        return new PolicyDocument(
            new Statement("StartFromTemplate", ["ec2:RunInstances"],
                [.. Started.Select(resource => names.Arn("ec2", region, resource)), templateArn,
                    $"arn:{names.Partition}:ec2:{region}::image/*", $"arn:{names.Partition}:ec2:{region}::snapshot/*"])
            {
                Conditions = [new Condition("ArnEquals", "ec2:LaunchTemplate", templateArn),
                    new Condition("Bool", "ec2:IsLaunchTemplateResource", "true")],
            },
            new Statement("TagAtStart", ["ec2:CreateTags"], [names.Arn("ec2", region, "instance/*"), names.Arn("ec2", region, "volume/*")])
            {
                Conditions = [new Condition("StringEquals", "ec2:CreateAction", "RunInstances")],
            },
            new Statement("PassHostRole", ["iam:PassRole"], [names.RoleArn(system.Name, JobRole.Restorer)])
            {
                Conditions = [new Condition("StringEquals", "iam:PassedToService", "ec2.amazonaws.com")],
            },
            KeyVia("EncryptVolumes", operationsKey, $"ec2.{region}.{names.DnsSuffix}",
                "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
                    "kms:ReEncryptTo"),
            new Statement("ReportFailures", ["sqs:SendMessage"], [deadLetterArn]));
    }

    /// <summary>What the function that tells Discord needs.</summary>
    public static PolicyDocument Forwarder(Names names, string region, string logGroup, string secretArn, string operationsKey) => new(
        new Statement("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [$"{names.LogGroupArn(region, logGroup)}:log-stream:*"]),
        new Statement("FetchWebhook", ["secretsmanager:GetSecretValue"], [secretArn]),
        OpenSecrets(names, region, operationsKey, [secretArn]));

    private static IEnumerable<Statement> PullImage(Names names, string region) =>
    [
        // A token of the registry belongs to no repository.
        new Statement("LogInToRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
        new Statement("PullImage", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
            [names.ImageRepositoryArn(region)]),
    ];

    private static Statement OpenSecrets(Names names, string region, string key, IReadOnlyList<string> secretArns)
    {
        var open = KeyVia("OpenSecrets", key, $"secretsmanager.{region}.{names.DnsSuffix}", "kms:Decrypt");
        return open with { Conditions = [.. open.Conditions, new Condition("StringLike", "kms:EncryptionContext:SecretARN", secretArns)] };
    }

    private static Statement Key(string sid, Names names, string region, string key, params IReadOnlyList<string> actions) =>
        new(sid, actions, [key])
        {
            Conditions =
            [
                new Condition("StringEquals", "kms:ViaService", $"s3.{region}.{names.DnsSuffix}"),
                new Condition("StringLike", "kms:EncryptionContext:aws:s3:arn", names.BucketArn(region), $"{names.BucketArn(region)}/*"),
            ],
        };

    private static Statement KeyVia(string sid, string key, string service, params IReadOnlyList<string> actions) =>
        new(sid, actions, [key]) { Conditions = [new Condition("StringEquals", "kms:ViaService", service)] };
}
