using System.Globalization;
using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Jobs;
using TwiBackup.Infra.Policies;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Watching;

/// <summary>Alarms, the events that they count, a dashboard and a budget.</summary>
public sealed class Watch : Component
{
    private readonly WatchArgs _args;

    public Watch(string name, StackConfig config, WatchArgs args)
        : base("Watch", name, config, args.Region.In())
    {
        _args = args;
        var journal = MakeJournal(name);
        var failed = MakeRule(
            $"{Names.Installation}-task-failed", "A job ended badly, or its container never ran",
                EventPatterns.TaskFailed(Names.ClusterArn(args.Region.Name)));
        _ = new Aws.CloudWatch.EventTarget(
            $"{Names.Installation}-task-failed",
                new Aws.CloudWatch.EventTargetArgs { Rule = failed.Name, TargetId = "alarms", Arn = args.Topic.Arn },
                    After(args.Topic.Policy));
        foreach (var (system, jobs) in args.Systems)
        {
            foreach (var late in Alarms.LateKinds(system.Policy))
                Count(Alarms.CommitRule(system.Name, late.Kind), $"A {late.Kind} of {system.Name} was committed",
                    EventPatterns.Committed(Names.Bucket(args.Region.Name), $"{system.Prefix}{late.Folder}"), journal);
            Count(Alarms.StatusRule(system.Name), $"The status of {system.Name} was asked",
                EventPatterns.TaskRan(Names.ClusterArn(args.Region.Name), $"{system.Name}-{JobCatalog.Status}"), journal);
            TakeNumbers(system, jobs);
        }

        List<AlarmSpec> alarms = [.. Alarms.Shared(Names),
            .. args.Systems.SelectMany(pair => Alarms.For(pair.System, config, pair.Jobs.Jobs))];
        foreach (var alarm in alarms)
            AlarmResource.Make(alarm, args.Topic, Tags, After(args.Topic.Policy));
        _ = new Aws.CloudWatch.Dashboard(name, new Aws.CloudWatch.DashboardArgs
        {
            DashboardName = $"{Names.Installation}-backup",
            DashboardBody = DashboardBody.Of(Names, args.Region.Name, alarms),
        }, Child());
        MakeBudget(name);
        RegisterOutputs();
    }

    /// <summary>A log of commits and status runs: who looks back sees when the backups stopped.</summary>
    private Aws.CloudWatch.LogGroup MakeJournal(string name)
    {
        var group = new Aws.CloudWatch.LogGroup(name, new Aws.CloudWatch.LogGroupArgs
        {
            Name = $"/aws/events/{Names.Installation}-backup",
            RetentionInDays = Config.Jobs.LogDays,
            KmsKeyId = _args.OperationsKey,
            Tags = Tags,
        }, Child());
        _ = new Aws.CloudWatch.LogResourcePolicy(name, new Aws.CloudWatch.LogResourcePolicyArgs
        {
            PolicyName = $"{Names.Installation}-backup-events",
            PolicyDocument = new PolicyDocument(new Statement("WriteEvents", ["logs:CreateLogStream", "logs:PutLogEvents"],
                [$"{Names.LogGroupArn(_args.Region.Name, $"/aws/events/{Names.Installation}-backup")}:log-stream:*"])
            {
                Principal = Principal.Service("events.amazonaws.com", "delivery.logs.amazonaws.com"),
                Conditions = [new Condition("StringEquals", "aws:SourceAccount", Names.Account),
                    new Condition("ArnLike", "aws:SourceArn", Names.Arn("events", _args.Region.Name, "rule/*"))],
            }).ToJson(),
        }, Child());
        return group;
    }

    private Aws.CloudWatch.EventRule MakeRule(string name, string description, string pattern) =>
        new(name, new Aws.CloudWatch.EventRuleArgs { Name = name, Description = description, EventPattern = pattern, Tags = Tags },
            Child());

    private void Count(string name, string description, string pattern, Aws.CloudWatch.LogGroup journal)
    {
        var rule = MakeRule(name, description, pattern);
        _ = new Aws.CloudWatch.EventTarget(
            name, new Aws.CloudWatch.EventTargetArgs { Rule = rule.Name, TargetId = "journal", Arn = journal.Arn }, Child());
    }

    private void TakeNumbers(ProtectedSystem system, SystemJobs jobs)
    {
        foreach (var metric in StatusMetrics.All)
        {
            _ = new Aws.CloudWatch.LogMetricFilter($"{system.Name}-{metric.Name}", new Aws.CloudWatch.LogMetricFilterArgs
            {
                Name = metric.Name,
                LogGroupName = Names.JobLogGroup(system.Name, JobCatalog.Status),
                Pattern = $"{{ {metric.Field} = * }}",
                MetricTransformation = new Aws.CloudWatch.Inputs.LogMetricFilterMetricTransformationArgs
                {
                    Namespace = StatusMetrics.Namespace(system.Name),
                    Name = metric.Name,
                    Value = metric.Field,
                    Unit = metric.Unit,
                },
            }, After(jobs));
        }
    }

    private void MakeBudget(string name) => _ = new Aws.Budgets.Budget(name, new Aws.Budgets.BudgetArgs
    {
        Name = $"{Names.Installation}-backup",
        BudgetType = "COST",
        TimeUnit = "MONTHLY",
        LimitAmount = Config.MonthlyBudget.ToString(CultureInfo.InvariantCulture),
        LimitUnit = "USD",
        CostFilters = { new Aws.Budgets.Inputs.BudgetCostFilterArgs { Name = "TagKeyValue",
            Values = { $"user:twibackup:installation${Names.Installation}" } } },
        Notifications =
        {
            Above("ACTUAL", 100),
            Above("FORECASTED", 120),
        },
        Tags = Tags,
    }, After(_args.Topic.Policy));

    private Aws.Budgets.Inputs.BudgetNotificationArgs Above(string kind, double percent) => new()
    {
        NotificationType = kind,
        ComparisonOperator = "GREATER_THAN",
        Threshold = percent,
        ThresholdType = "PERCENTAGE",
        SubscriberEmailAddresses = { Config.AlertEmail },
        SubscriberSnsTopicArns = { _args.Topic.Arn },
    };
}
