namespace TwiBackup.Policy.Tests;

public sealed class RecoverySharesTests
{
    private static readonly IReadOnlyDictionary<string, TimeSpan> None = new Dictionary<string, TimeSpan>();

    [Fact]
    public void What_is_given_stays_and_the_others_share_what_is_left()
    {
        var given = new Dictionary<string, TimeSpan> { ["database"] = TimeSpan.FromHours(1), ["provision"] = TimeSpan.FromHours(2) };
        var shares = RecoveryShares.Of(Objectives(4, 2, 1), given);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(2)), (shares["database"], shares["provision"]));
        Assert.True(Sum(shares) <= TimeSpan.FromHours(4));
        Assert.All(shares.Values, share => Assert.True(share > TimeSpan.Zero));
    }

    [Theory]
    [InlineData(4, 2, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(2, 2, null)]
    [InlineData(1, null, null)]
    public void They_are_never_more_than_the_whole_and_every_step_gets_something(int system, int? database, int? bot)
    {
        var shares = RecoveryShares.Of(Objectives(system, database, bot), None);
        Assert.Equal(RecoveryShares.Steps, shares.Keys);
        Assert.True(Sum(shares) <= TimeSpan.FromHours(system));
        Assert.All(shares.Values, share => Assert.True(share > TimeSpan.Zero));
    }

    [Fact]
    public void Without_a_promise_nothing_is_shared() =>
        Assert.Empty(RecoveryShares.Of(new ObjectivesPolicy { Database = new(), System = new() }, None));

    private static ObjectivesPolicy Objectives(int system, int? database, int? bot) => new()
    {
        System = new(Rto: TimeSpan.FromHours(system)),
        Database = new(Rto: database is { } d ? TimeSpan.FromHours(d) : null),
        Bot = new(Rto: bot is { } b ? TimeSpan.FromHours(b) : null),
    };

    private static TimeSpan Sum(IReadOnlyDictionary<string, TimeSpan> shares) => TimeSpan.FromTicks(shares.Values.Sum(t => t.Ticks));
}
