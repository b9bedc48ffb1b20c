using TwiBackup.Status;

namespace TwiBackup.Reports.Charts;

/// <summary>
/// One line along time: thick bars for periods that are there, upright marks for single states, thin dashed boxes for what is missing.
/// Places are percentages, sizes are pixels: nothing is stretched.
/// </summary>
internal static class TrackChart
{
    /// <summary>More marks than this cannot be told apart.</summary>
    private const int Places = 300;

    private const int Height = 28;
    private const int MostTicks = 5;

    /// <param name="id">Begins the ids within it; nothing else on the page has it.</param>
    /// <param name="description">Everything that is drawn, in words.</param>
    public static Html Of(string id, string title, string description, TimeScale scale, ComponentTimeline timeline) => Html.Of(
        $"""
        <svg class="track" role="img" height="{Height}" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>
        {Promise(scale, timeline)}{Grid(scale, MostTicks)}{Periods(scale, timeline)}{Points(scale, timeline)}{Gaps(scale, timeline)}</svg>

        """);

    /// <summary>The dates below the lines of one scale.</summary>
    public static Html Axis(TimeScale scale, int most = MostTicks) => Html.Of(
        $"<svg class=\"axis\" height=\"18\" aria-hidden=\"true\" focusable=\"false\">{scale.Ticks(most).Select(t => Label(scale.At(t.At), t.Label))}</svg>\n");

    /// <summary>Upright lines at the scale's dates.</summary>
    public static Html Grid(TimeScale scale, int most) => Html.Join(scale.Ticks(most)
        .Select(t => Html.Of($"<line class=\"grid\" x1=\"{scale.At(t.At)}%\" x2=\"{scale.At(t.At)}%\" y1=\"0\" y2=\"100%\"/>")));

    private static Html Label(double at, string text)
    {
        var anchor = at < 4 ? "start" : at > 96 ? "end" : "middle";
        return Html.Of($"<text x=\"{at}%\" y=\"13\" text-anchor=\"{anchor}\">{text}</text>");
    }

    private static Html Promise(TimeScale scale, ComponentTimeline timeline) => timeline.PromisedFrom is { } from
        ? Html.Of($"<rect class=\"promise\" x=\"{scale.At(from)}%\" width=\"{100 - scale.At(from)}%\" y=\"0\" height=\"{Height}\"/>")
        : Html.Empty;

    private static Html Periods(TimeScale scale, ComponentTimeline timeline) => Html.Join(timeline.Periods
        .Where(p => p.To >= scale.From)
        .Select(p => Html.Of($"<rect class=\"period\" x=\"{scale.At(p.From)}%\" width=\"{scale.At(p.To) - scale.At(p.From)}%\" y=\"7\" height=\"14\"/>")));

    private static Html Points(TimeScale scale, ComponentTimeline timeline) => Html.Join(timeline.Points
        .Where(p => p >= scale.From && p <= scale.To)
        .Select(p => timeline.Points.Count > Places ? Math.Round(scale.At(p) / 100 * Places) * 100 / Places : scale.At(p))
        .Distinct()
        .Select(at => Html.Of($"<line class=\"point\" x1=\"{at}%\" x2=\"{at}%\" y1=\"4\" y2=\"24\"/>")));

    private static Html Gaps(TimeScale scale, ComponentTimeline timeline) => Html.Join(timeline.Gaps
        .Where(g => g.To >= scale.From)
        .Select(g => (From: scale.At(g.From), To: scale.At(g.To)))
        .DistinctBy(g => (Math.Round(g.From * Places / 100), Math.Round(g.To * Places / 100)))
        .Select(g => Html.Of($"<rect class=\"gap\" x=\"{g.From}%\" width=\"{g.To - g.From}%\" y=\"10\" height=\"8\"/>")));
}
