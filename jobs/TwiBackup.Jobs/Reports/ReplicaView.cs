using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>What the second store has of what the first one has.</summary>
internal static class ReplicaView
{
    private const int MostMissing = 50;

    public static Html Of(ReplicaStatus replica) => Html.Of(
        $"""
        <p>{Words.State(replica.State)} {replica.Detail}. <span class="path">{replica.Store}</span></p>
        <p>{Words.Count(replica.Count, "set is", "sets are")} whole there{(replica.Recoverable is { } point
            ? Html.Of($"; the database is recoverable from it to {Words.ExactTime(point.Time)}, from full {Words.Id(point.FullId)} and {Words.Bytes(point.WalBytes)} of WAL")
            : Html.Empty)}.</p>
        {Missing(replica.Missing)}
        """);

    private static Html Missing(IReadOnlyList<string> missing) => missing.Count == 0 ? Html.Empty : Html.Of(
        $"""
        <h3>Not whole there</h3>
        <ul>{missing.TakeLast(MostMissing).Select(m => Html.Of($"<li><code>{m}</code></li>"))}</ul>
        {(missing.Count > MostMissing ? Html.Of($"<p class=\"note\">{missing.Count - MostMissing} older ones are in the JSON.</p>") : Html.Empty)}
        """);
}
