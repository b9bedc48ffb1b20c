namespace TwiBackup.Policy.Tests;

public sealed class Decision16_The_flush_interval_has_its_price
{
    [Fact]
    public void The_price_of_the_flush_interval_is_printed()
    {
        // D16: a put each second is 86,400 a day, about 13 dollars a month.
        var (second, hour) = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        var each = Sample.Policy.Backups.Incremental! with { FlushInterval = second, MarkInterval = hour };
        Assert.Equal((86_400 * 30) + 720, WalPuts.Of(each).PerMonth);
        Assert.InRange(WalPuts.Of(each).Dollars, 12.9m, 13.1m);
        Assert.Equal(
            "WAL costs at most 302,400 puts a month of 30 days when bytes come all the time: about 1.51 dollars at 0.005 dollars a "
                + "thousand, and about 4.54 with replica and tags.",
            RecoverabilityProof.Of(Sample.Policy, Sample.Now).Sentences[^1]);
    }
}
