using System.Text.Json.Nodes;
using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Jobs;
using TwiBackup.Infra.Policies;
using TwiBackup.Infra.Roles;
using Aws = Pulumi.Aws;
using Inputs = Pulumi.Aws.Scheduler.Inputs;

namespace TwiBackup.Infra.Restore;

/// <summary>Starts the isolated host when the policy wants the disaster rehearsed. The host ends itself; nobody needs to be
/// there.</summary>
public sealed class RehearsalSchedule : Component
{
    public RehearsalSchedule(
        string name, StackConfig config, ProtectedSystem system, Region region, Aws.Ec2.LaunchTemplate template, Output<string> key,
            Resource parent)
        : base("RehearsalSchedule", name, config, region.In(parent))
    {
        var group = new Aws.Scheduler.ScheduleGroup(
            name, new Aws.Scheduler.ScheduleGroupArgs { Name = $"{system.Name}-rehearsal", Tags = Tags }, Child());
        var letters = new Aws.Sqs.Queue(name, new Aws.Sqs.QueueArgs
        {
            Name = $"{system.Name}-rehearsal-dead-letters",
            MessageRetentionSeconds = 14 * 24 * 3600,
            SqsManagedSseEnabled = true,
            Tags = Tags,
        }, Child());
        var role = new Aws.Iam.Role(name, new Aws.Iam.RoleArgs
        {
            Name = $"{system.Name}-rehearsal",
            Description = $"Starts the host on which the disaster of {system.Name} is rehearsed",
            AssumeRolePolicy = PolicyDocument.Trust(
                "scheduler.amazonaws.com", Names.Account, Names.Arn("scheduler", region.Name, $"schedule-group/{system.Name}-rehearsal"))
                    .ToJson(),
            Tags = Tags,
        }, Child());
        var permission = new Aws.Iam.RolePolicy(name, new Aws.Iam.RolePolicyArgs
        {
            Role = role.Id,
            Name = "start",
            Policy = Output.Tuple(template.Arn, key, letters.Arn)
                .Apply(known => ServicePolicies.Rehearsal(system, Names, known.Item1, known.Item2, known.Item3).ToJson()),
        }, Child());
        var expression = ScheduleExpression.Of(system.Policy.Rehearsal!.Schedule);
        _ = new Aws.Scheduler.Schedule(name, new Aws.Scheduler.ScheduleArgs
        {
            Name = $"{system.Name}-rehearsal",
            GroupName = group.Name,
            Description = $"twibackup rehearse, {system.Name}",
            ScheduleExpression = expression.Text,
            ScheduleExpressionTimezone = expression.Zone,
            FlexibleTimeWindow = new Inputs.ScheduleFlexibleTimeWindowArgs { Mode = "OFF" },
            State = "ENABLED",
            Target = new Inputs.ScheduleTargetArgs
            {
                Arn = $"arn:{Names.Partition}:scheduler:::aws-sdk:ec2:runInstances",
                RoleArn = role.Arn,
                Input = new JsonObject
                {
                    ["MinCount"] = 1,
                    ["MaxCount"] = 1,

                    // The scheduler delivers at least once; EC2 starts one host for one token.
                    ["ClientToken"] = "<aws.scheduler.execution-id>",
                    ["LaunchTemplate"] = new JsonObject { ["LaunchTemplateName"] = Names.HostTemplate(system.Name, HostMode.Rehearse),
                        ["Version"] = "$Default" },
                }.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }),
                RetryPolicy = new Inputs.ScheduleTargetRetryPolicyArgs { MaximumRetryAttempts = 10, MaximumEventAgeInSeconds = 3600 },
                DeadLetterConfig = new Inputs.ScheduleTargetDeadLetterConfigArgs { Arn = letters.Arn },
            },
        }, After(permission));
        RegisterOutputs();
    }
}
