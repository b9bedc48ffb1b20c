using System.Globalization;
using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;
using TwiBackup.Infra.Roles;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Jobs;

/// <summary>One system's jobs: a task definition, log and execution role each, a schedule for those that come by the clock, a service for
/// the WAL receiver.</summary>
public sealed class SystemJobs : Component
{
    private readonly SystemJobsArgs _args;
    private readonly string _policy;

    public SystemJobs(string name, StackConfig config, SystemJobsArgs args)
        : base("SystemJobs", name, config, args.Region.In())
    {
        _args = args;
        _policy = CloudPolicy.Render(args.System.Text, Names, Names.PrimaryRegion, Names.RecoveryRegion);
        PlainParameter.Make($"{name}-policy", Names.PolicyParameter(System), _policy, _policy.Length, Tags, Child());
        Jobs = JobCatalog.For(args.System, config.Jobs.ApplicationFiles is not null);
        if (config.Jobs.ApplicationFiles is { } files && Jobs.Any(job => job.NeedsFiles))
            _ = new Aws.Iam.RolePolicy($"{name}-files", new Aws.Iam.RolePolicyArgs
            {
                Role = args.Roles.Roles[JobRole.Writer].Id,
                Name = "files",
                Policy = ServicePolicies.Files(Names, args.Region.Name, files).ToJson(),
            }, Child());
        var tasks = Jobs.ToDictionary(job => job.Name, MakeTask);
        var scheduled = Jobs.Where(job => !job.IsService).ToList();
        var (scheduler, permission) = MakeScheduler(name, scheduled);
        foreach (var job in scheduled)
            MakeSchedule(job, tasks[job.Name], scheduler, permission);
        foreach (var job in Jobs.Where(job => job.IsService))
            MakeService(job, tasks[job.Name]);
        RegisterOutputs();
    }

    public IReadOnlyList<Job> Jobs { get; }

    private string System => _args.System.Name;

    private Aws.Ecs.TaskDefinition MakeTask(Job job)
    {
        var family = job.Family(System);
        var log = new Aws.CloudWatch.LogGroup(family, new Aws.CloudWatch.LogGroupArgs
        {
            Name = Names.JobLogGroup(System, job.Name),
            RetentionInDays = Config.Jobs.LogDays,
            KmsKeyId = _args.Shared.OperationsKey,
            Tags = Tags,
        }, Child());
        var secrets = job.SecretsOf(_args.System);
        var arns = Output.All(secrets.Select(secret => _args.Secrets[secret.Variable]));
        var execution = new Aws.Iam.Role($"{family}-execution", new Aws.Iam.RoleArgs
        {
            Name = ExecutionRole(job),
            Description = $"Starts {family}: its image, its log and its own secrets",
            AssumeRolePolicy = PolicyDocument.Trust("ecs-tasks.amazonaws.com", Names.Account, Names.Arn("ecs", _args.Region.Name, "*"))
                .ToJson(),
            Tags = Tags,
        }, Child());
        var permission = new Aws.Iam.RolePolicy($"{family}-execution", new Aws.Iam.RolePolicyArgs
        {
            Role = execution.Id,
            Name = "start",
            Policy = Output.Tuple(arns, _args.Shared.OperationsKey).Apply(known =>
                ServicePolicies.Execution(Names, Names.JobLogGroup(System, job.Name), known.Item1, known.Item2).ToJson()),
        }, Child());
        return new Aws.Ecs.TaskDefinition(family, new Aws.Ecs.TaskDefinitionArgs
        {
            Family = family,
            RequiresCompatibilities = { "FARGATE" },
            NetworkMode = "awsvpc",
            Cpu = Text(job.Cpu),
            Memory = Text(job.Memory),
            RuntimePlatform = new Aws.Ecs.Inputs.TaskDefinitionRuntimePlatformArgs
            {
                OperatingSystemFamily = "LINUX",
                CpuArchitecture = Config.Architecture == Architecture.Arm64 ? "ARM64" : "X86_64",
            },
            EphemeralStorage = job.NeedsScratch
                ? new Aws.Ecs.Inputs.TaskDefinitionEphemeralStorageArgs { SizeInGib = Config.Jobs.ScratchGigabytes } : null!,
            ExecutionRoleArn = execution.Arn,
            TaskRoleArn = _args.Roles.Roles[job.Role].Arn,
            Volumes = Volumes(job),
            ContainerDefinitions = Output.Tuple(_args.Shared.Image, arns).Apply(known => new ContainerDefinition
            {
                Job = job,
                Image = known.Item1,
                Policy = _policy,
                SecretArns = secrets.Zip(known.Item2).ToDictionary(pair => pair.First.Variable, pair => pair.Second),
                LogGroup = Names.JobLogGroup(System, job.Name),
                Region = _args.Region.Name,
            }.ToJson()),
            Tags = Tags,
        }, After(log, permission, _args.Roles.Policies[job.Role]));
    }

    private InputList<Aws.Ecs.Inputs.TaskDefinitionVolumeArgs> Volumes(Job job)
    {
        var volumes = new InputList<Aws.Ecs.Inputs.TaskDefinitionVolumeArgs> { new Aws.Ecs.Inputs.TaskDefinitionVolumeArgs { Name = "work" } };
        if (job.NeedsFiles && Config.Jobs.ApplicationFiles!.Split('/') is [var fileSystem, var accessPoint])
            volumes.Add(new Aws.Ecs.Inputs.TaskDefinitionVolumeArgs
            {
                Name = "files",
                EfsVolumeConfiguration = new Aws.Ecs.Inputs.TaskDefinitionVolumeEfsVolumeConfigurationArgs
                {
                    FileSystemId = fileSystem,
                    TransitEncryption = "ENABLED",
                    AuthorizationConfig = new Aws.Ecs.Inputs.TaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfigArgs
                    {
                        AccessPointId = accessPoint,
                        Iam = "ENABLED",
                    },
                },
            });
        return volumes;
    }

    private (Aws.Iam.Role Role, Aws.Iam.RolePolicy Permission) MakeScheduler(string name, List<Job> jobs)
    {
        var role = new Aws.Iam.Role($"{name}-scheduler", new Aws.Iam.RoleArgs
        {
            Name = $"{System}-scheduler",
            Description = $"Starts the jobs of {System}",
            AssumeRolePolicy = PolicyDocument.Trust(
                "scheduler.amazonaws.com", Names.Account,
                    Names.Arn("scheduler", _args.Region.Name, $"schedule-group/{Names.ScheduleGroup}")).ToJson(),
            Tags = Tags,
        }, Child());
        List<string> passed =
        [
            .. jobs.Select(job => Names.RoleArn(System, job.Role)).Distinct(),
            .. jobs.Select(job => Names.RoleArn(ExecutionRole(job))),
        ];
        var permission = new Aws.Iam.RolePolicy($"{name}-scheduler", new Aws.Iam.RolePolicyArgs
        {
            Role = role.Id,
            Name = "start",
            Policy = _args.Shared.DeadLetters.Arn.Apply(queue =>
                ServicePolicies.Scheduler(Names, [.. jobs.Select(job => job.Family(System))], passed, queue).ToJson()),
        }, Child());
        return (role, permission);
    }

    private void MakeSchedule(Job job, Aws.Ecs.TaskDefinition task, Aws.Iam.Role scheduler, Resource permission)
    {
        var expression = ScheduleExpression.Of(job.Schedule!);
        _ = new Aws.Scheduler.Schedule(job.Family(System), new Aws.Scheduler.ScheduleArgs
        {
            Name = job.Family(System),
            GroupName = _args.Shared.ScheduleGroup.Name,
            Description = $"twibackup {string.Join(' ', job.Command)}",
            ScheduleExpression = expression.Text,
            ScheduleExpressionTimezone = expression.Zone,
            FlexibleTimeWindow = new Aws.Scheduler.Inputs.ScheduleFlexibleTimeWindowArgs { Mode = "OFF" },
            State = "ENABLED",
            Target = new Aws.Scheduler.Inputs.ScheduleTargetArgs
            {
                Arn = _args.Shared.Cluster.Arn,
                RoleArn = scheduler.Arn,
                RetryPolicy = new Aws.Scheduler.Inputs.ScheduleTargetRetryPolicyArgs { MaximumRetryAttempts = 10,
                    MaximumEventAgeInSeconds = 3600 },
                DeadLetterConfig = new Aws.Scheduler.Inputs.ScheduleTargetDeadLetterConfigArgs { Arn = _args.Shared.DeadLetters.Arn },
                EcsParameters = new Aws.Scheduler.Inputs.ScheduleTargetEcsParametersArgs
                {
                    TaskDefinitionArn = task.Arn,
                    TaskCount = 1,
                    LaunchType = "FARGATE",
                    PlatformVersion = "LATEST",
                    PropagateTags = "TASK_DEFINITION",
                    EnableExecuteCommand = false,
                    NetworkConfiguration = new Aws.Scheduler.Inputs.ScheduleTargetEcsParametersNetworkConfigurationArgs
                    {
                        Subnets = _args.Shared.Subnets,
                        SecurityGroups = _args.Shared.SecurityGroups,
                        AssignPublicIp = _args.Shared.PublicIp,
                    },
                },
            },
        }, After(permission));
    }

    /// <summary>One slot takes one receiver: the old one ends before the new one starts, and waits the server's timeout out.</summary>
    private void MakeService(Job job, Aws.Ecs.TaskDefinition task) => _ = new Aws.Ecs.Service(job.Family(System), new Aws.Ecs.ServiceArgs
    {
        Name = job.Family(System),
        Cluster = _args.Shared.Cluster.Arn,
        TaskDefinition = task.Arn,
        DesiredCount = 1,
        LaunchType = "FARGATE",
        PlatformVersion = "LATEST",
        DeploymentMinimumHealthyPercent = 0,
        DeploymentMaximumPercent = 100,
        AvailabilityZoneRebalancing = "DISABLED",
        DeploymentCircuitBreaker = new Aws.Ecs.Inputs.ServiceDeploymentCircuitBreakerArgs { Enable = true, Rollback = true },
        EnableExecuteCommand = false,
        EnableEcsManagedTags = true,
        PropagateTags = "SERVICE",
        NetworkConfiguration = new Aws.Ecs.Inputs.ServiceNetworkConfigurationArgs
        {
            Subnets = _args.Shared.Subnets,
            SecurityGroups = _args.Shared.SecurityGroups,
            AssignPublicIp = _args.Shared.PublicIp,
        },
        Tags = Tags,
    }, Child());

    private string ExecutionRole(Job job) => $"{job.Family(System)}-exec";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
