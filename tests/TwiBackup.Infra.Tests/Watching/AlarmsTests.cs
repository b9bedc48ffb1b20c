using System.Text.Json.Nodes;
using TwiBackup.Infra.Jobs;
using TwiBackup.Infra.Tests.Support;
using TwiBackup.Infra.Watching;

namespace TwiBackup.Infra.Tests.Watching;

public sealed class AlarmsTests
{
    [Theory]
    [InlineData("twi-bot-late-database-full")]
    [InlineData("twi-bot-late-database-dump")]
    [InlineData("twi-bot-status-silent")]
    [InlineData("twi-bot-receiver-down")]
    [InlineData("twi-bot-slot-grows")]
    [InlineData("twi-bot-rpo-missed")]
    [InlineData("twi-bot-rehearsal-overdue")]
    [InlineData("twi-bot-replication-late")]
    [InlineData("twi-bot-replication-failed")]
    [InlineData("twi-bot-dead-letters")]
    public async Task An_alarm_is_there_and_tells_the_topic_when_it_starts_and_when_it_is_over(string name)
    {
        var alarm = (await Graph.OfAsync("prod")).One("aws:cloudwatch/metricAlarm:MetricAlarm", name);
        Assert.Contains(":sns:", alarm.Input("alarmActions")![0]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains(":sns:", alarm.Input("okActions")![0]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotEqual("", alarm.Text("alarmDescription"));
    }

    [Fact]
    public void A_job_that_never_runs_is_an_alarm()
    {
        var silent = Alarms.For(Samples.System, Samples.Prod, JobCatalog.For(Samples.System, false)).Where(alarm => alarm.SilenceIsBad)
            .Select(alarm => alarm.Name);
        Assert.Equal(["twi-bot-late-database-full", "twi-bot-late-database-dump", "twi-bot-status-silent", "twi-bot-receiver-down"],
            silent);
    }

    [Fact]
    public void Cloudwatch_can_look_back_as_far_as_every_alarm_asks() =>
        Assert.All([.. Alarms.For(Samples.System, Samples.Prod, JobCatalog.For(Samples.System, false)), .. Alarms.Shared(Samples.Names)],
            alarm => Assert.InRange(alarm.Period * alarm.Periods, 60, alarm.Period >= 3600 ? 7 * 86_400 : 86_400));

    [Fact]
    public void A_daily_full_is_late_after_thirty_hours() =>
        Assert.Equal(30, Alarms.LateKinds(Samples.System.Policy).Single(kind => kind.Kind == "database-full").Hours);

    [Fact]
    public void A_commit_is_a_manifest_below_the_kinds_folder_and_not_its_signature()
    {
        var pattern = JsonNode.Parse(EventPatterns.Committed("bucket", "twi-bot/database/full/"))!;
        Assert.Equal("twi-bot/database/full/*/manifest.json", pattern["detail"]!["object"]!["key"]![0]!["wildcard"]!.GetValue<string>());
    }

    [Fact]
    public void A_failed_task_is_one_with_another_exit_code_than_zero_or_with_none()
    {
        var either = JsonNode.Parse(EventPatterns.TaskFailed("arn:cluster"))!["detail"]!["$or"]!.AsArray();
        Assert.Equal("""{"containers":{"exitCode":[{"anything-but":[0]}]}}""", either[0]!.ToJsonString());
        Assert.Equal("""{"containers":{"exitCode":[{"exists":false}]}}""", either[1]!.ToJsonString());
    }

    [Fact]
    public async Task The_dashboard_shows_every_alarm()
    {
        var graph = await Graph.OfAsync("prod");
        var shown = JsonNode.Parse(
            graph.All("aws:cloudwatch/dashboard:Dashboard").Single()
                .Text("dashboardBody"))!["widgets"]![0]!["properties"]!["alarms"]!.AsArray()
                    .Select(arn => arn!.GetValue<string>().Split(':')[^1]);
        Assert.Equal(graph.All("aws:cloudwatch/metricAlarm:MetricAlarm").Select(alarm => alarm.Text("name")).Order(), shown.Order());
    }
}
