namespace TwiBackup.Reports.Charts;

/// <summary>Amounts along time as upright columns from zero, the largest as high as the chart.</summary>
internal static class ColumnChart
{
    /// <summary>More columns than this are joined, the largest of each place for all of it.</summary>
    private const int Places = 120;

    private const int Height = 72;
    private const int MostTicks = 4;

    /// <param name="id">Begins the ids within it; nothing else on the page has it.</param>
    /// <param name="columns">Oldest first; not empty.</param>
    /// <param name="text">How an amount is written.</param>
    public static Html Of(string id, string title, TimeScale scale, IReadOnlyList<(DateTimeOffset At, double Value)> columns, Func<double, string> text)
    {
        var (least, most, newest) = (columns.Min(c => c.Value), columns.Max(c => c.Value), columns[^1].Value);
        var description = $"{Words.Count(columns.Count, "value", "values")}, from {text(least)} to {text(most)}; the newest is {text(newest)}.";
        return Html.Of(
            $"""
            <figure class="columns"><figcaption>{title}: <b>{text(newest)}</b></figcaption>
            <div class="plot"><div class="y" aria-hidden="true"><span>{text(most)}</span><span>0</span></div>
            <svg role="img" height="{Height}" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>
            {TrackChart.Grid(scale, MostTicks)}{Columns(scale, columns, most)}</svg></div>
            {TrackChart.Axis(scale, MostTicks)}</figure>

            """);
    }

    private static IEnumerable<Html> Columns(TimeScale scale, IReadOnlyList<(DateTimeOffset At, double Value)> columns, double most) => columns
        .Select(c => (Place: columns.Count > Places ? Math.Round(scale.At(c.At) / 100 * Places) * 100 / Places : scale.At(c.At), c.Value))
        .GroupBy(c => c.Place, c => c.Value, (place, values) => (Place: place, Value: values.Max()))
        .Select(c => (X: c.Place, Top: most > 0 ? Height - Math.Max(2, c.Value / most * (Height - 2)) : Height - 2))
        .Select(c => Html.Of($"<line class=\"column\" x1=\"{c.X}%\" x2=\"{c.X}%\" y1=\"{Height}\" y2=\"{c.Top}\"/>"));
}
