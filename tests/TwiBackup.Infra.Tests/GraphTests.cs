using System.Text.Json.Nodes;
using Pulumi;
using TwiBackup.Infra.Tests.Support;
using Docker = Pulumi.Docker;

namespace TwiBackup.Infra.Tests;

public sealed class GraphTests
{
    private static readonly string[] HoldData =
    [
        "aws:s3/bucket:Bucket", "aws:s3/bucketVersioning:BucketVersioning",
            "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "aws:s3/bucketPolicy:BucketPolicy", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey", "aws:secretsmanager/secret:Secret", "aws:ecr/repository:Repository",
    ];

    [Theory]
    [InlineData("prod")]
    [InlineData("dr")]
    public async Task Every_resource_is_the_child_of_a_component(string stack)
    {
        var graph = await Graph.OfAsync(stack);
        var components = graph.Resources.Where(resource => resource.IsComponent).Select(resource => resource.Name).ToHashSet();
        Assert.NotEmpty(components);
        Assert.All(Managed(graph), resource => Assert.Contains(resource.Parent, components));
    }

    [Theory]
    [InlineData("prod")]
    [InlineData("dr")]
    public async Task Every_resource_that_takes_tags_has_them(string stack)
    {
        var graph = await Graph.OfAsync(stack);
        var taggable = Managed(graph).Where(resource => resource.HasTagsInput).ToList();
        Assert.NotEmpty(taggable);
        Assert.All(taggable, resource => Assert.Equal("twi-bot", resource.Input("tags")?["twibackup:installation"]?.GetValue<string>()));
    }

    [Theory]
    [InlineData("prod")]
    [InlineData("dr")]
    public async Task Every_resource_has_a_provider_that_refuses_other_accounts(string stack)
    {
        var graph = await Graph.OfAsync(stack);
        Assert.All(Managed(graph).Where(resource => resource.Type.StartsWith("aws:", StringComparison.Ordinal)), resource =>
            Assert.NotEqual("", resource.Region));
        Assert.All(graph.All("pulumi:providers:aws"), provider =>
            Assert.Contains("123456789012", provider.Text("allowedAccountIds"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_holds_data_is_protected_and_stays_when_the_stack_goes()
    {
        var graph = await Graph.OfAsync("prod");
        Assert.All(HoldData, type => Assert.NotEmpty(graph.All(type)));
        Assert.All(graph.Resources.Where(resource => HoldData.Contains(resource.Type)), resource =>
            Assert.True(resource is { Protect: true, RetainOnDelete: true }, resource.Name));
    }

    [Fact]
    public async Task Every_bucket_is_versioned_locked_encrypted_owned_and_closed()
    {
        var graph = await Graph.OfAsync("prod");
        var buckets = graph.All("aws:s3/bucket:Bucket").ToList();
        Assert.Equal(["twi-bot-backup-123456789012-eu-central-1", "twi-bot-backup-123456789012-eu-west-1"],
            buckets.Select(bucket => bucket.Text("bucket")));
        foreach (var bucket in buckets)
        {
            var name = bucket.Text("bucket");
            GraphResource Of(string type) => graph.All(type).Single(resource => resource.Text("bucket") == name);
            Assert.True(bucket.Input("objectLockEnabled")!.GetValue<bool>());
            Assert.False(bucket.Input("forceDestroy")!.GetValue<bool>());
            Assert.Equal("Enabled", Of("aws:s3/bucketVersioning:BucketVersioning")
                .Input("versioningConfiguration")!["status"]!.GetValue<string>());
            Assert.Equal("GOVERNANCE", Of("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
                .Input("rule")!["defaultRetention"]!["mode"]!.GetValue<string>());
            Assert.Equal("BucketOwnerEnforced", Of("aws:s3/bucketOwnershipControls:BucketOwnershipControls")
                .Input("rule")!["objectOwnership"]!.GetValue<string>());
            var access = Of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock");
            Assert.All(["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"], switchedOn =>
                Assert.True(access.Input(switchedOn)!.GetValue<bool>()));
            var encryption = Of("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
                .Input("rules")![0]!["applyServerSideEncryptionByDefault"]!;
            Assert.Equal("aws:kms", encryption["sseAlgorithm"]!.GetValue<string>());
            Assert.Contains($":{bucket.Region}:", encryption["kmsMasterKeyId"]!.GetValue<string>(), StringComparison.Ordinal);
            var denied = Of("aws:s3/bucketPolicy:BucketPolicy").Statements();
            Assert.Contains(denied, statement => statement!["Effect"]!.GetValue<string>() == "Deny"
                && statement["Condition"]?["Bool"]?["aws:SecureTransport"]?.GetValue<string>() == "false");
        }
    }

    [Fact]
    public async Task Both_buckets_have_the_same_lifecycle()
    {
        var graph = await Graph.OfAsync("prod");
        var rules = graph.All("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
            .Select(resource => resource.Input("rules")!.ToJsonString()).ToList();
        Assert.Equal(2, rules.Count);
        Assert.Equal(rules[0], rules[1]);
    }

    [Fact]
    public async Task Keys_rotate_and_the_bucket_key_exists_in_both_regions()
    {
        var graph = await Graph.OfAsync("prod");
        Assert.All(graph.All("aws:kms/key:Key"), key => Assert.True(key.Input("enableKeyRotation")!.GetValue<bool>()));
        Assert.True(graph.One("aws:kms/key:Key", "storage-key").Input("multiRegion")!.GetValue<bool>());
        Assert.Equal("eu-west-1", graph.One("aws:kms/replicaKey:ReplicaKey", "storage-key-replica").Region);
    }

    [Fact]
    public async Task Replication_has_time_control_and_leaves_delete_markers_behind()
    {
        var rule = (await Graph.OfAsync("prod")).All("aws:s3/bucketReplicationConfig:BucketReplicationConfig").Single().Input("rules")![0]!;
        Assert.Equal("Disabled", rule["deleteMarkerReplication"]!["status"]!.GetValue<string>());
        Assert.Equal("Enabled", rule["sourceSelectionCriteria"]!["sseKmsEncryptedObjects"]!["status"]!.GetValue<string>());
        Assert.Equal("Enabled", rule["destination"]!["replicationTime"]!["status"]!.GetValue<string>());
        Assert.Equal("Enabled", rule["destination"]!["metrics"]!["status"]!.GetValue<string>());
        Assert.Contains(":eu-west-1:", rule["destination"]!["encryptionConfiguration"]!["replicaKmsKeyId"]!.GetValue<string>(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_security_group_lets_anything_in_unless_the_configuration_opens_it()
    {
        Assert.Empty((await Graph.OfAsync("prod")).All("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"));
        var opened = await Graph.RunAsync("prod", new Dictionary<string, string> { ["open"] = """["5432 203.0.113.0/24"]""" });
        var rule = Assert.Single(opened.All("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"));
        Assert.Equal("203.0.113.0/24", rule.Text("cidrIpv4"));
        Assert.Equal(5432, rule.Input("fromPort")!.GetValue<double>());
    }

    [Fact]
    public async Task Neither_program_nor_state_holds_the_value_of_a_secret()
    {
        var graph = await Graph.OfAsync("prod");
        Assert.Empty(graph.Resources.Where(resource => resource.Type.Contains("secretVersion", StringComparison.OrdinalIgnoreCase)));
        Assert.All(graph.Outputs.Values, value =>
            Assert.DoesNotContain(
                CloudMocks.RegistryPassword,
                    JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(value as string ?? ""))!.ToJsonString(),
                        StringComparison.Ordinal));
        Assert.Equal(["image"],
            graph.Resources.Where(
                resource => resource.AllInputs().ToJsonString().Contains(CloudMocks.RegistryPassword, StringComparison.Ordinal))
                    .Select(resource => resource.Name));
    }

    [Fact]
    public async Task The_registrys_password_is_secret_in_the_state()
    {
        _ = await Graph.RunAsync("prod");
        var image = (Docker.ImageArgs)InfraStack.Seen[("docker:index/image:Image", "image")].Args;
        var registry = await Pulumi.Utilities.OutputUtilities.GetValueAsync(image.Registry!.ToOutput());
        Assert.True(await Output.IsSecretAsync(registry.Password!.ToOutput()));
    }

    [Fact]
    public async Task Every_task_gets_only_its_own_secrets_and_only_verifiers_the_identity()
    {
        var graph = await Graph.OfAsync("prod");
        var tasks = graph.All("aws:ecs/taskDefinition:TaskDefinition").ToList();
        Assert.NotEmpty(tasks);
        foreach (var task in tasks)
        {
            var container = JsonNode.Parse(task.Text("containerDefinitions"))![0]!;
            var secrets = container["secrets"]!.AsArray()
                .ToDictionary(secret => secret!["name"]!.GetValue<string>(), secret => secret!["valueFrom"]!.GetValue<string>());
            var execution = graph.All("aws:iam/rolePolicy:RolePolicy").Single(policy => policy.Name == $"{task.Name}-execution");
            var allowed = execution.Statements().Single(statement => statement!["Sid"]!.GetValue<string>() == "FetchSecrets")!["Resource"]!;
            Assert.Equal(secrets.Values.Order(),
                (allowed is JsonArray list ? list.Select(arn => arn!.GetValue<string>()) : [allowed.GetValue<string>()]).Order());
            Assert.Equal(task.Name == "twi-bot-verify", secrets.ContainsKey("TWIBACKUP_IDENTITY"));
            Assert.Equal(task.Text("taskRoleArn").EndsWith("-writer", StringComparison.Ordinal),
                secrets.ContainsKey("TWIBACKUP_SIGNING_KEY"));
        }
    }

    [Fact]
    public async Task Tasks_name_the_image_by_digest_and_drop_every_privilege()
    {
        foreach (var task in (await Graph.OfAsync("prod")).All("aws:ecs/taskDefinition:TaskDefinition"))
        {
            var container = JsonNode.Parse(task.Text("containerDefinitions"))![0]!;
            Assert.Matches("@sha256:[0-9a-f]{64}$", container["image"]!.GetValue<string>());
            Assert.True(container["readonlyRootFilesystem"]!.GetValue<bool>());
            Assert.Equal("ALL", container["linuxParameters"]!["capabilities"]!["drop"]![0]!.GetValue<string>());
            Assert.Equal(60, container["stopTimeout"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task The_receiver_is_a_service_of_one_that_never_has_two()
    {
        var service = Assert.Single((await Graph.OfAsync("prod")).All("aws:ecs/service:Service"));
        Assert.Equal(1, service.Input("desiredCount")!.GetValue<double>());
        Assert.Equal(0, service.Input("deploymentMinimumHealthyPercent")!.GetValue<double>());
        Assert.Equal(100, service.Input("deploymentMaximumPercent")!.GetValue<double>());
        Assert.True(service.Input("deploymentCircuitBreaker")!["enable"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Every_schedule_retries_and_reports_what_it_could_not_start()
    {
        var schedules = (await Graph.OfAsync("prod")).All("aws:scheduler/schedule:Schedule").ToList();
        Assert.NotEmpty(schedules);
        Assert.All(schedules, schedule =>
        {
            Assert.True(schedule.Input("target")!["retryPolicy"]!["maximumRetryAttempts"]!.GetValue<double>() > 0);
            Assert.Contains(":sqs:", schedule.Input("target")!["deadLetterConfig"]!["arn"]!.GetValue<string>(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_second_policy_gets_its_own_roles_schedules_and_prefix()
    {
        var graph = await Graph.RunAsync(
            "prod", new Dictionary<string, string> { ["policies"] = """["twibackup.json", "second.json"]""" }, second: text =>
                text.Replace("\"twi-bot\"", "\"orders\"", StringComparison.Ordinal));
        var names = graph.All("aws:scheduler/schedule:Schedule").Select(schedule => schedule.Text("name")).ToList();
        Assert.Equal(names.Count(name => name.StartsWith("twi-bot-", StringComparison.Ordinal)),
            names.Count(name => name.StartsWith("orders-", StringComparison.Ordinal)));
        var writer = graph.One("aws:iam/rolePolicy:RolePolicy", "orders-writer-store").Text("policy");
        Assert.DoesNotContain("/twi-bot/", writer, StringComparison.Ordinal);
        Assert.Equal(2, graph.All("aws:s3/bucket:Bucket").Count());
    }

    [Fact]
    public async Task The_applications_files_are_mounted_by_one_access_point_and_read_only()
    {
        var graph = await Graph.RunAsync("prod", new Dictionary<string, string>
        {
            ["applicationFiles"] = "fs-0a/fsap-0b",
            ["subnets"] = """["subnet-1"]""",
            ["securityGroups"] = """["sg-1"]""",
        });
        var mount = Assert.Single(graph.All("aws:iam/rolePolicy:RolePolicy"), policy => policy.Text("name") == "files");
        Assert.StartsWith("twi-bot-writer", mount.Text("role"), StringComparison.Ordinal);
        var allowed = Assert.Single(mount.Statements())!;
        Assert.Equal("elasticfilesystem:ClientMount", allowed["Action"]!.GetValue<string>());
        Assert.Equal("arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-0a", allowed["Resource"]!.GetValue<string>());
        Assert.EndsWith(":access-point/fsap-0b", allowed["Condition"]!["StringEquals"]!["elasticfilesystem:AccessPointArn"]!.GetValue<string>(),
            StringComparison.Ordinal);
        foreach (var name in (string[])["twi-bot-backup-configuration", "twi-bot-backup-logs"])
        {
            var task = graph.One("aws:ecs/taskDefinition:TaskDefinition", name);
            var access = task.Input("volumes")![1]!["efsVolumeConfiguration"]!;
            Assert.Equal("ENABLED", access["transitEncryption"]!.GetValue<string>());
            Assert.Equal("ENABLED", access["authorizationConfig"]!["iam"]!.GetValue<string>());
            var files = JsonNode.Parse(task.Text("containerDefinitions"))![0]!["mountPoints"]![1]!;
            Assert.Equal("/app", files["containerPath"]!.GetValue<string>());
            Assert.True(files["readOnly"]!.GetValue<bool>());
        }
    }

    private static IEnumerable<GraphResource> Managed(Graph graph) =>
        graph.Resources.Where(resource => !resource.IsComponent && resource.Type != "pulumi:providers:aws");
}
