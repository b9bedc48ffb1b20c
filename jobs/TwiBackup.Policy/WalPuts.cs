namespace TwiBackup.Policy;

/// <summary>How often WAL is put into the store, and the order of magnitude of its price.</summary>
/// <param name="PerMonth">Puts in 30 days when bytes come all the time: one each flush and each mark. Whole segments come on top.</param>
public sealed record WalPuts(long PerMonth)
{
    /// <summary>What S3 asks for a thousand puts in its standard class, in most regions, in US dollars.</summary>
    public const decimal DollarsPerThousand = 0.005m;

    /// <summary>US dollars a month in one store.</summary>
    public decimal Dollars => PerMonth * DollarsPerThousand / 1000;

    /// <summary>Computes it from the two intervals.</summary>
    public static WalPuts Of(IncrementalPolicy incremental)
    {
        ArgumentNullException.ThrowIfNull(incremental);
        var month = TimeSpan.FromDays(30).Ticks;
        return new WalPuts((month / incremental.FlushInterval.Ticks) + (month / incremental.MarkInterval.Ticks));
    }
}
