namespace TwiBackup.Comparison.Measure;

/// <summary>
/// Ours and its peer, run in turn (A B A B), so that whatever else the machine does meets both. What counts is the median of the ratios
/// of each pair, not the ratio of two means. Without a peer only ours is measured.
/// </summary>
internal sealed record Pairs(IReadOnlyList<Usage> Ours, IReadOnlyList<Usage> Theirs)
{
    /// <summary>Runs <paramref name="count"/> pairs; everything written before is on the disk when a run begins.</summary>
    public static async Task<Pairs> RunAsync(
        int count, Func<CancellationToken, Task<Usage>> ours, Func<CancellationToken, Task<Usage>>? theirs, CancellationToken cancellationToken)
    {
        var (a, b) = (new List<Usage>(), new List<Usage>());
        for (var i = 0; i < count; i++)
        {
            Disk.Sync();
            a.Add(await ours(cancellationToken));
            if (theirs is null)
                continue;
            Disk.Sync();
            b.Add(await theirs(cancellationToken));
        }

        return new Pairs(a, b);
    }

    public double Mine(Func<Usage, double> what) => Median(Ours.Select(what));

    /// <summary>The peer's median; null without one.</summary>
    public double? Its(Func<Usage, double> what) => Theirs.Count == 0 ? null : Median(Theirs.Select(what));

    /// <summary>The median of ours divided by theirs, pair by pair.</summary>
    public double? Ratio(Func<Usage, double> what) =>
        Theirs.Count == 0 ? null : Median(Ours.Zip(Theirs, (mine, its) => what(mine) / what(its)));

    /// <summary>How many times as fast ours is: the median of theirs divided by ours.</summary>
    public double? TimesAsFast() => Theirs.Count == 0 ? null : Median(Ours.Zip(Theirs, (mine, its) => its.Wall / mine.Wall));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
