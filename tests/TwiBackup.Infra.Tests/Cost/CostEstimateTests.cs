using TwiBackup.Infra.Cost;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests.Cost;

public sealed class CostEstimateTests
{
    [Fact]
    public void Storage_grows_with_the_database_and_requests_do_not()
    {
        var small = Lines("10");
        var large = Lines("1000");
        Assert.InRange(large["storage, primary region"] / small["storage, primary region"], 50, 100);
        Assert.Equal(small["requests for WAL when it never rests"], large["requests for WAL when it never rests"]);
    }

    [Fact]
    public void A_database_of_10_gb_costs_what_one_reckons_by_hand()
    {
        // 10 GB, sealed to 4.5, a full and a dump a day for 33 days, 0.35 GB of WAL for 9: 300 GB at 2.3 cents.
        Assert.Equal(6.90m, Math.Round(Lines("10")["storage, primary region"], 1));
        // A flush in 10 s and a mark a minute: 302,400 puts in 30 days at half a cent a thousand.
        Assert.Equal(1.51m, Lines("10")["requests for WAL when it never rests"]);
    }

    private static Dictionary<string, decimal> Lines(string gigabytes) =>
        CostEstimate.Of(Samples.Config(
            "prod", new Dictionary<string, string?> { ["twibackup:databaseGigabytes"] = gigabytes })).Lines.ToDictionary(
                line => line.What, line => line.Dollars);
}
