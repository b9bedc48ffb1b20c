namespace TwiBackup.Reports.Charts;

/// <summary>Lays a stretch of time along the width of a chart, in percent of it, so that a chart is as wide as its page.</summary>
internal sealed class TimeScale
{
    private static readonly TimeSpan[] Steps =
    [
        .. new double[] { 1, 2, 5, 10, 30 }.Select(TimeSpan.FromMinutes), .. new double[] { 1, 2, 3, 6, 12 }.Select(TimeSpan.FromHours),
        .. new double[] { 1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365, 730 }.Select(TimeSpan.FromDays),
    ];

    private readonly TimeSpan span;

    public TimeScale(DateTimeOffset from, DateTimeOffset to)
    {
        (From, To) = (from, to > from ? to : from.AddMinutes(1));
        span = To - From;
    }

    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }

    /// <summary>The place of an instant, 0 to 100; what lies outside sticks to the edge.</summary>
    public double At(DateTimeOffset time) => Math.Clamp((time - From) / span, 0, 1) * 100;

    /// <summary>A few round instants, and how they are written.</summary>
    /// <param name="most">So many dates stand beside each other; of longer labels it is half.</param>
    public IReadOnlyList<(DateTimeOffset At, string Label)> Ticks(int most)
    {
        var format = span > TimeSpan.FromDays(400) ? "MMM yyyy" : span > TimeSpan.FromDays(2) ? "d MMM" : "d MMM HH:mm";
        var count = format.Length > 5 ? Math.Max(most / 2, 1) : most;
        var step = Steps.FirstOrDefault(s => span / s <= count && (format != "d MMM" || s >= TimeSpan.FromDays(1)));
        step = step == default ? span / count : step;
        var ticks = new List<(DateTimeOffset, string)>();
        var origin = DateTimeOffset.UnixEpoch;
        for (var at = origin + (step * Math.Ceiling((From - origin) / step)); at <= To; at += step)
            ticks.Add((at, Words.Text(at, format)));
        return ticks;
    }
}
