using TwiBackup.Infra.Roles;
using TwiBackup.Infra.Storage;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests.Storage;

public sealed class LockDaysTests
{
    private const string Lock = "\"lock\": { \"mode\": \"governance\" }";

    [Fact]
    public void Where_objects_have_their_own_locks_the_default_covers_database_backups_and_writers_may_lock()
    {
        Assert.Equal(30, LockDays.Default(Samples.Prod.Systems));
        Assert.Contains(RolePolicies.For(JobRole.Writer, Samples.System, Samples.Names, Samples.KeyArns).Statements, statement =>
            statement.Actions.Contains("s3:PutObjectRetention"));
    }

    [Fact]
    public void Days_of_the_policy_are_the_buckets_and_nobody_sets_others()
    {
        var config = Samples.Config(
            "prod", policy: text => text.Replace(Lock, "\"lock\": { \"mode\": \"compliance\", \"days\": 400 }", StringComparison.Ordinal));
        Assert.Equal(400, LockDays.Default(config.Systems));
        Assert.All(Enum.GetValues<JobRole>(), role =>
            Assert.DoesNotContain(
                RolePolicies.For(role, config.Systems[0], config.Names, Samples.KeyArns).Statements, statement =>
                    statement.Actions.Contains("s3:PutObjectRetention")));
    }
}
