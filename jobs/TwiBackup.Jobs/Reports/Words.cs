using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>Times, ages, states and amounts as the pages write them. Nothing is said by colour alone.</summary>
internal static class Words
{
    /// <summary>What does not apply, or is not known.</summary>
    public static Html None { get; } = Html.Of($"–");

    /// <summary>An instant, UTC, for people and for programs.</summary>
    public static Html Time(DateTimeOffset time) =>
        Html.Of($"<time datetime=\"{Iso(time)}\">{Text(time, "yyyy-MM-dd HH:mm")}</time>");

    /// <summary>The same to the second.</summary>
    public static Html ExactTime(DateTimeOffset time) =>
        Html.Of($"<time datetime=\"{Iso(time)}\">{Text(time, "yyyy-MM-dd HH:mm:ss")} UTC</time>");

    public static Html Time(DateTimeOffset? time) => time is { } t ? Time(t) : None;

    public static string Iso(DateTimeOffset time) => Text(time, "yyyy-MM-dd'T'HH:mm:ss'Z'");

    public static string Text(DateTimeOffset time, string format) => time.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>How long ago, to the second: nobody reads the hundredths of an age.</summary>
    public static string Age(double seconds) => Together(Sizes.Text(TimeSpan.FromSeconds(Math.Max(0, Math.Round(seconds)))));

    /// <summary>A measured time.</summary>
    public static string Took(double? seconds) => seconds is { } s ? Together(Sizes.Text(TimeSpan.FromSeconds(Math.Max(0, s)))) : "–";

    /// <summary>A promised time.</summary>
    public static string Promised(double? seconds) => seconds is { } s ? Together(Sizes.Text(TimeSpan.FromSeconds(s))) : "–";

    public static string Bytes(long? bytes) => bytes is { } b ? Together(Sizes.Text(b)) : "–";

    public static string Count(int count, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:#,##0} {(count == 1 ? one : many)}");

    /// <summary>A set's or record's id; a real one stays on one line.</summary>
    public static Html Id(string id) => SetId.TryParse(id, out _) ? Html.Of($"<code class=\"id\">{id}</code>") : Html.Of($"<code>{id}</code>");

    /// <summary>A number and its unit are not torn apart at the end of a line.</summary>
    private static string Together(string amount) => amount.Replace(' ', '\u00a0');

    /// <summary>The class of a state's colour.</summary>
    public static string Class(ComponentState state) => state switch
    {
        ComponentState.Good => "good",
        ComponentState.Missed => "bad",
        _ => "unknown",
    };

    public static Html State(ComponentState state) => state switch
    {
        ComponentState.Good => Badge("good", "✓", "kept"),
        ComponentState.Missed => Badge("bad", "✗", "missed"),
        _ => Badge("unknown", "?", "unknown"),
    };

    public static Html Met(bool met) => met ? Badge("good", "✓", "met") : Badge("bad", "✗", "missed");

    /// <summary>A word with a sign and a colour.</summary>
    public static Html Badge(string kind, string sign, string word) =>
        Html.Of($"<span class=\"badge {kind}\"><span aria-hidden=\"true\">{sign}</span> {word}</span>");
}
