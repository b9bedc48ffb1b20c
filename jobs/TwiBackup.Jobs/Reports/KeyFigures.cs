using TwiBackup.Rehearsal;
using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>The few numbers that matter first.</summary>
internal static class KeyFigures
{
    public static Html Of(SystemReport report)
    {
        var status = report.Status;
        return Html.Of(
            $"""
            <h2 class="unseen">The numbers that matter first</h2>
            <dl class="figures">
            {Recoverable(status)}{Restore(status)}{Proven(report)}{Rehearsed(report)}{(status.Replica is { } replica ? Replica(replica) : Html.Empty)}
            </dl>
            """);
    }

    private static Html Recoverable(SystemStatus status)
    {
        // Without WAL everything is lost that came after the newest backup.
        var newest = status.Components.FirstOrDefault(c => c.Name == "wal") ?? Database(status);
        return newest is { AgeSeconds: { } age, At: { } at }
            ? Figure("Lost if it happened now", Html.Of($"{Words.Age(age)}"), Html.Of($"{Of(newest.ObjectiveSeconds)}recoverable to {Words.ExactTime(at)}"))
            : Figure("Lost if it happened now", Html.Of($"everything"), Html.Of($"nothing of the database can be recovered"));
    }

    private static Html Restore(SystemStatus status)
    {
        var database = Database(status);
        var reads = database?.RestoreBytes is { } bytes
            ? $"reads {Words.Bytes(bytes)}{(status.Components.FirstOrDefault(c => c.Name == "wal")?.RestoreBytes is { } wal ? $" and {Words.Bytes(wal)} of WAL" : "")}"
            : "there is nothing to restore";
        return database?.ExpectedRestoreSeconds is { } expected
            ? Figure("The database would be back after", Html.Of($"about {Words.Age(expected)}"), Html.Of($"{Of(database.RestoreObjectiveSeconds)}{reads}, at the rate of the last verification"))
            : Figure("The database would be back after", Html.Of($"not known"), Html.Of($"{Of(database?.RestoreObjectiveSeconds)}{reads}; no verification has measured it"));
    }

    /// <summary>What the database is restored from.</summary>
    private static ComponentStatus? Database(SystemStatus status) => status.Components.FirstOrDefault(c => c.RestoreObjectiveSeconds is not null);

    private static Html Proven(SystemReport report) => report.History.Verifications.LastOrDefault(r => r.Proven) is { } record
        ? Figure("Last proven by restoring", Html.Of($"{Ago(report, record.CompletedAt)} ago"), Html.Of($"{record.Set}"))
        : Figure("Last proven by restoring", Html.Of($"never"), Html.Of($"no set was restored and checked yet"));

    private static Html Rehearsed(SystemReport report) => report.Rehearsals is [.., var last]
        ? Figure("Last rehearsed", Html.Of($"{Ago(report, last.StartedAt)} ago"), Html.Of($"{last.Scenario}: {RehearsalSentence.Short(last)}"))
        : Figure("Last rehearsed", Html.Of($"never"), Html.Of($"no disaster was rehearsed yet"));

    private static Html Replica(ReplicaStatus replica) =>
        Figure("From the replica", Html.Of($"{(replica.AgeSeconds is { } age ? $"{Words.Age(age)} ago" : "nothing")}"), Html.Of($"{Of(replica.ObjectiveSeconds)}{replica.Detail}"));

    private static Html Figure(string name, Html value, Html detail) =>
        Html.Of($"<div><dt>{name}</dt><dd><b>{value}</b><span>{detail}</span></dd></div>\n");

    private static string Of(double? objective) => objective is null ? "" : $"{Words.Promised(objective)} is promised; ";

    private static string Ago(SystemReport report, DateTimeOffset time) => Words.Age((report.Status.At - time).TotalSeconds);
}
