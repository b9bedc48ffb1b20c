using TwiBackup.Infra.Storage;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests.Storage;

public sealed class LifecycleRulesTests
{
    [Theory]
    [InlineData("database-full", "database/full/", 30)]
    [InlineData("database-differential", "database/differential/", 7)]
    [InlineData("database-dump", "database/dump/", 30)]
    [InlineData("configuration", "configuration/", 90)]
    [InlineData("repository", "repository/", 365)]
    [InlineData("logs", "logs/", 90)]
    public void A_kind_of_sets_goes_when_the_guide_says_and_its_data_three_days_later(string kind, string folder, int days)
    {
        var rules = LifecycleRules.For(Samples.System);
        var manifests = rules.Single(rule => rule.Id == $"twi-bot-{kind}");
        var data = rules.Single(rule => rule.Id == $"twi-bot-{kind}-data");
        Assert.Equal(($"twi-bot/{folder}", "expire", days), (manifests.Prefix, manifests.Tag, manifests.ExpireDays));
        Assert.Equal(($"twi-bot/{folder}", "expire-data", days + 3), (data.Prefix, data.Tag, data.ExpireDays));
        Assert.Equal((1, 1), (manifests.NoncurrentDays, data.NoncurrentDays));
    }

    [Fact]
    public void Wal_stays_for_as_long_as_the_windows_first_instant_needs_it()
    {
        // 7 days of window, and twice the day between two fulls.
        var rule = LifecycleRules.For(Samples.System).Single(rule => rule.Id == "twi-bot-wal");
        Assert.Equal(("twi-bot/wal/", "expire", 9), (rule.Prefix, rule.Tag, rule.ExpireDays));
    }

    [Theory]
    [InlineData("verification", 365)]
    [InlineData("rehearsal", 1095)]
    public void Records_go_by_their_own_time(string kind, int days) =>
        Assert.Equal(days, LifecycleRules.For(Samples.System).Single(rule => rule.Id == $"twi-bot-{kind}").ExpireDays);

    [Fact]
    public void Nothing_goes_by_age_alone() =>
        Assert.All(LifecycleRules.For(Samples.System).Where(rule => rule.ExpireDays is not null || rule.NoncurrentDays is not null), rule =>
            Assert.Contains(rule.Tag, RetentionTag.Values));

    [Fact]
    public void What_aws_refuses_with_a_tag_stands_in_a_rule_without()
    {
        var rules = LifecycleRules.For(Samples.System);
        var housekeeping = Assert.Single(rules, rule => rule.RemoveStaleMarkers || rule.AbortUploadDays is not null);
        Assert.Equal((null, "twi-bot/", 2, true),
            (housekeeping.Tag, housekeeping.Prefix, housekeeping.AbortUploadDays, housekeeping.RemoveStaleMarkers));
    }

    [Theory]
    [InlineData("\"full\": { \"schedule\": \"0 2 * * *\", \"keep\": \"30d\"", "\"full\": { \"schedule\": \"0 2 * * *\", \"keep\": \"35d\"",
        "database-full")]
    [InlineData("\"dump\": { \"schedule\": \"30 2 * * *\", \"keep\": \"30d\"",
        "\"dump\": { \"schedule\": \"30 2 * * *\", \"keep\": \"31d\"", "database-dump")]
    [InlineData("\"keep\": \"1y\"", "\"keep\": \"2y\"", "repository")]
    public void Changing_a_retention_changes_the_rule_of_its_kind_only(string was, string now, string kind)
    {
        var changed = Samples.Config("prod", policy: text =>
        {
            Assert.Contains(was, text, StringComparison.Ordinal);
            return text.Replace(was, now, StringComparison.Ordinal);
        }).Systems[0];
        var before = LifecycleRules.For(Samples.System);
        var after = LifecycleRules.For(changed);

        // A set has its rule in two parts, the manifest's and the data's.
        Assert.Equal([$"twi-bot-{kind}", $"twi-bot-{kind}-data"], after.Except(before).Select(rule => rule.Id));
        Assert.Equal(before.Select(rule => rule.Id), after.Select(rule => rule.Id));
    }

    [Fact]
    public void Ids_are_unique_and_as_short_as_s3_wants()
    {
        var ids = LifecycleRules.For(Samples.System).Select(rule => rule.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(id.Length, 1, 255));
    }
}
