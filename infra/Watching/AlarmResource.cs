using Pulumi;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Watching;

/// <summary>Registers an alarm.</summary>
internal static class AlarmResource
{
    public static void Make(AlarmSpec alarm, AlarmTopic topic, InputMap<string> tags, CustomResourceOptions options) =>
        Make(alarm, topic.Arn, tags, options);

    /// <param name="instanceId">Of the host that the metric is of; null: the alarm's dimensions say it.</param>
    public static void Make(
        AlarmSpec alarm, Input<string> topicArn, InputMap<string> tags, CustomResourceOptions options, Output<string>? instanceId = null) =>
            _ = new Aws.CloudWatch.MetricAlarm(alarm.Name, new Aws.CloudWatch.MetricAlarmArgs
    {
        Name = alarm.Name,
        AlarmDescription = alarm.Description,
        Namespace = alarm.Namespace,
        MetricName = alarm.Metric,
        Dimensions = instanceId is null
            ? alarm.Dimensions.ToDictionary(dimension => dimension.Key, dimension => dimension.Value)
            : new InputMap<string> { ["InstanceId"] = instanceId },
        Statistic = alarm.Statistic,
        Period = alarm.Period,
        EvaluationPeriods = alarm.Periods,
        Threshold = alarm.Threshold,
        ComparisonOperator = alarm.Below ? "LessThanThreshold" : "GreaterThanThreshold",
        TreatMissingData = alarm.SilenceIsBad ? "breaching" : "notBreaching",
        AlarmActions = { topicArn },
        OkActions = { topicArn },
        Tags = tags,
    }, options);
}
