namespace TwiBackup.Reports.Charts;

/// <summary>A lying bar in a table's cell. It only shows what the cells beside it say.</summary>
internal static class Bar
{
    /// <summary>From a place to another, in percent of the cell.</summary>
    public static Html Of(double from, double to, string kind = "period") => Html.Of(
        $"<svg class=\"bar\" height=\"14\" aria-hidden=\"true\" focusable=\"false\"><rect class=\"rail\" width=\"100%\" y=\"6\" height=\"2\"/><rect class=\"{kind}\" x=\"{Math.Min(from, 99.5)}%\" width=\"{Math.Max(to - from, 0.5)}%\" y=\"1\" height=\"12\"/></svg>");

    /// <summary>How much of what is promised was used up; beyond it the bar is full and says missed.</summary>
    public static Html Share(double? value, double? objective) => value is { } v && objective is { } most and > 0
        ? Of(0, Math.Clamp(v / most * 100, 0, 100), v > most ? "over" : "period")
        : Html.Empty;
}
