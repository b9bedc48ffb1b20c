using TwiBackup.Reports.Charts;
using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>Each component against what is promised of it.</summary>
internal static class ComponentsView
{
    private static readonly string[] Columns = ["Component", "Promise", "Newest", "Last proven", "A restore takes", "Next run"];

    public static Html Of(SystemStatus status) =>
        HtmlTable.Of("Each component against its promise", Columns, status.Components.Select(Row), "components");

    private static IReadOnlyList<Html> Row(ComponentStatus c) =>
    [
        Html.Of($"{c.Name}"),
        // What is wrong stands above, with what to do.
        Html.Of($"{Words.State(c.State)} {(c.State == ComponentState.Good ? Html.Of($"<span class=\"note\">{c.Detail}</span>") : Html.Of($"<a class=\"note\" href=\"#attention\">what to do</a>"))}"),
        Newest(c),
        Words.Time(c.ProvenAt),
        Restore(c),
        c.OverdueSince is { } due ? Html.Of($"<b class=\"bad\">overdue</b> since {Words.Time(due)}") : Words.Time(c.NextRun),
    ];

    private static Html Newest(ComponentStatus c)
    {
        if (c is not { At: { } at, AgeSeconds: { } age })
            return Html.Of($"none");
        var promised = c.ObjectiveSeconds is { } most ? $" of {Words.Promised(most)}" : " ago";
        return Html.Of($"{Words.Time(at)}<br>{Words.Age(age)}{promised}{Bar.Share(age, c.ObjectiveSeconds)}");
    }

    private static Html Restore(ComponentStatus c)
    {
        if (c.RestoreBytes is not { } bytes)
            return Words.None;
        var time = c.ExpectedRestoreSeconds is { } expected ? $"about {Words.Age(expected)}{(c.RestoreObjectiveSeconds is { } most ? $" of {Words.Promised(most)}" : "")}" : "";
        return Html.Of($"{time}{(time.Length > 0 ? Html.Of($"<br>") : Html.Empty)}reads {Words.Bytes(bytes)}{Bar.Share(c.ExpectedRestoreSeconds, c.RestoreObjectiveSeconds)}");
    }
}
