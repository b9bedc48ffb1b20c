using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>The page of a system: what could be recovered right now, and whether every promise is kept.</summary>
public static class SystemPage
{
    /// <summary>The page of a report, whole: nothing is loaded from anywhere.</summary>
    /// <param name="live">Whether it is served and asks for itself again.</param>
    /// <param name="problem">Why what it shows is not of now, one line; null: it is.</param>
    public static string Render(SystemReport report, bool live = false, string? problem = null)
    {
        var status = report.Status;
        var body = Html.Of(
            $"""
            {Head(report, problem)}
            <nav aria-label="On this page"><ul>{Links(status)}</ul></nav>
            <main id="main" tabindex="-1">
            {Page.Part("figures", KeyFigures.Of(report))}
            {Page.Part("attention", Attention(status))}
            {Page.Section("components", "Promises", ComponentsView.Of(status))}
            {Page.Section("window", "What can be recovered", TimelinesView.Of(report))}
            {Page.Section("sets", "Sizes and durations", SetsView.Of(report))}
            {Page.Section("verification", "Verifications", VerificationsView.Of(report))}
            {Page.Section("rehearsal", "Rehearsals", RehearsalsView.Of(report))}
            {Page.Section("next", "Next runs", NextRunsView.Of(report))}
            {(status.Replica is { } replica ? Page.Section("replica", "Replica", ReplicaView.Of(replica)) : Html.Empty)}
            </main>

            """);
        return Page.Of($"{status.System}: {Word(report.Summary.State)}", report.Summary.State, body, report.Tool, live);
    }

    /// <summary>The page when nothing could be read yet.</summary>
    public static string Unreadable(string system, string tool, string problem) => Page.Of(
        $"{system}: unknown", ComponentState.Unknown,
        Html.Of(
            $"""
            {Page.Part("head", Html.Of($"<header class=\"unknown\"><h1>{system}</h1><p class=\"sentence\">What could be recovered now can't be told.</p><p class=\"problem\" role=\"alert\">{problem}</p></header>"))}
            <main id="main" tabindex="-1"><p>Ask on a machine that reaches the store: <code>twibackup status</code></p></main>

            """),
        tool, live: true);

    private static Html Head(SystemReport report, string? problem) => Page.Part("head", Html.Of(
        $"""
        <header class="{Words.Class(problem is null ? report.Summary.State : ComponentState.Unknown)}">
        <h1>{report.Status.System}</h1>
        <p class="sentence" id="sentence">{report.Summary.Sentence}</p>
        {(problem is null ? Html.Empty : Html.Of($"<p class=\"problem\" role=\"alert\">{problem} What follows is as of then.</p>"))}
        <p class="note">As of {Words.ExactTime(report.Status.At)}. All times are UTC. Store: <span class="path">{report.Status.Store}</span></p>
        </header>
        """));

    private static IEnumerable<Html> Links(SystemStatus status)
    {
        (string Id, string Text)[] links =
        [
            ("components", "Promises"), ("window", "What can be recovered"), ("sets", "Sizes and durations"), ("verification", "Verifications"),
            ("rehearsal", "Rehearsals"), ("next", "Next runs"), .. status.Replica is null ? [] : new[] { ("replica", "Replica") },
        ];
        return links.Select(l => Html.Of($"<li><a href=\"#{l.Id}\">{l.Text}</a></li>"));
    }

    private static Html Attention(SystemStatus status)
    {
        var wrong = status.Components.Where(c => c.State != ComponentState.Good).Select(c => (c.Name, c.State, c.Detail)).ToList();
        if (status.Replica is { State: not ComponentState.Good } replica)
            wrong.Add(("replica", replica.State, replica.Detail));
        if (status.FullNeeded is { } why && !wrong.Exists(w => w.Detail.Contains(why, StringComparison.Ordinal)))
            wrong.Add(("a full is needed", ComponentState.Missed, $"{why}; take one: twibackup backup database"));
        return wrong.Count == 0 ? Html.Empty : Html.Of(
            $"""
            <h2 id="attention">What needs doing</h2>
            <ul class="attention">{wrong.Select(w => Html.Of($"<li class=\"{Words.Class(w.State)}\"><b>{w.Name}</b>: {w.Detail}</li>"))}</ul>
            """);
    }

    private static string Word(ComponentState state) => state switch
    {
        ComponentState.Good => "every promise is kept",
        ComponentState.Missed => "a promise is broken",
        _ => "it can't be told",
    };
}
