using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Files;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Recovery;

/// <summary>
/// Restores the database in private, makes the slot, puts the receiver in place, and only then lets clients in. Repeated after a kill it
/// throws away what was restored by half, and never what was restored whole.
/// </summary>
internal sealed class DatabaseStep(RecoveryContext context, RecoveryOptions options) : IRecoveryStep
{
    /// <summary>The note that the cluster is restored and promoted; its facts describe it.</summary>
    public const string Restored = "restored";

    /// <summary>The note that clients are let in.</summary>
    public const string Opened = "opened";

    public RecoveryStep Step => RecoveryStep.Database;

    public string Does => options.DataDirectory is null ? "restore the database"
        : $"restore the database into {options.DataDirectory}, put the WAL receiver in place, let clients in, begin a full";

    public string Precondition => "the old primary is out of the way; PostgreSQL of the same major version and room for the data are there; the data directory is empty, or may be moved aside";

    public string Undo => "stop the server and delete its data directory, or move back what was moved aside; the new timeline's number stays taken in the store";

    public string? WhyNot => options.DataDirectory is null && options.Actions.RestoreDump is null ? "no database is recovered here" : null;

    public async Task<StepOutcome> RunAsync(CancellationToken cancellationToken)
    {
        if (options.DataDirectory is null)
            return await RestoreDumpAsync((await context.RequirePlanAsync(cancellationToken)).Dump!, cancellationToken);
        var place = new DataPlace(options.DataDirectory);
        var database = context.Database();
        var lines = new List<string>();
        if (database is null || !await place.HoldsAsync(database, cancellationToken))
            database = await RestoreAsync(place, lines, cancellationToken);
        if (await context.OpenAsync(database, cancellationToken) is { Length: > 0 } said)
            lines.Add(said);
        var to = database.LastCommit is { } commit ? $", last commit {AssessStep.Time(commit)}" : "";
        return new StepOutcome($"full/{database.SetId} and {Sizes.Text(database.ReplayedBytes)} of WAL, to LSN {database.ReachedLsn}{to}, on the new timeline {database.Timeline}.")
        {
            Facts = context.Note(Step, Restored)!.Facts,
            Lines = lines,
        };
    }

    private async Task<StepOutcome> RestoreDumpAsync(BackupSet dump, CancellationToken cancellationToken) =>
        new(await options.Actions.RestoreDump!(dump, cancellationToken))
        {
            Facts = new Dictionary<string, string>
            {
                ["set"] = dump.Id,
                ["bytes"] = dump.Manifest.PlainBytes.ToString(CultureInfo.InvariantCulture),
            },
        };

    private async Task<RecoveredDatabase> RestoreAsync(DataPlace place, List<string> lines, CancellationToken cancellationToken)
    {
        // Asked again: hours may have passed, and what comes back by itself must not find two.
        var plan = await context.RequirePlanAsync(cancellationToken);
        var since = plan.MadeAt;
        var fence = new Fence(options);
        await fence.RequireAsync(plan.Database!, cancellationToken);
        await place.EndLeftoversAsync(cancellationToken);
        if (place.MoveAside(context.IsRepeated(Step), options.KeepAside, context.Clock.GetUtcNow()) is { } aside)
        {
            lines.Add($"Kept aside: {aside}");
            context.Progress.Say($"What was in {options.DataDirectory} is kept aside: {aside}");
            context.Journal.Append(JournalEntryKind.Noted, Step, $"kept aside: {aside}");
        }

        while (true)
        {
            // What the old receiver had still under way when the plan was made has come since.
            plan = context.Plan = await context.PlanAsync(cancellationToken);
            try
            {
                return await RestoreAsync(plan.Database!, fence, since, lines, cancellationToken);
            }
            catch (TwiBackupException e) when (SetChoice.IsBadContent(e))
            {
                var damaged = plan.Database!.Set.Id;
                var line = $"full/{damaged} is damaged: {e.Message}";
                lines.Add(line);
                context.Progress.Warn($"{line} The one before it is tried, with more WAL.");
                context.Journal.Append(JournalEntryKind.Noted, Step, line, new Dictionary<string, string> { ["damaged"] = damaged });
            }
        }
    }

    private async Task<RecoveredDatabase> RestoreAsync(
        RestorePlan plan, Fence fence, DateTimeOffset since, List<string> lines, CancellationToken cancellationToken)
    {
        var facts = plan.Set.Manifest.Database!;
        var installation = options.Installation ?? PostgresInstallation.Find(facts.ServerVersion / 10000, options.Environment);
        var restore = new DatabaseRestore(
            options.Catalog, installation, options.Account ?? ServerAccount.Resolve(options.Environment),
            new RestoreOptions
            {
                DataDirectory = options.DataDirectory!,
                StartOver = true,
                Scratch = options.Isolated,
                SlotName = options.Isolated ? null : options.SlotName,
            },
            context.Progress);
        await using var server = await restore.RunAsync(plan, cancellationToken);
        await fence.RequireSilenceAsync(plan, since, cancellationToken);
        var described = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["set"] = plan.Set.Id,
            ["cluster"] = facts.SystemIdentifier,
            ["major"] = (facts.ServerVersion / 10000).ToString(CultureInfo.InvariantCulture),
            ["timeline"] = server.Timeline.ToString(CultureInfo.InvariantCulture),
            ["reached"] = server.ReachedLsn.ToString(),
            ["replayed"] = ((long)(server.ReachedLsn - plan.Set.StartLsn)).ToString(CultureInfo.InvariantCulture),
            ["bytes"] = plan.Set.Manifest.PlainBytes.ToString(CultureInfo.InvariantCulture),
        };
        if (server.LastCommit is { } commit)
            described["lastCommit"] = AssessStep.Time(commit);
        if (server.WrittenFiles.Count > 0)
            lines.Add($"The backup held no {string.Join(", ", server.WrittenFiles)}: minimal ones were written.");

        // Noted before the mark of the half restore goes: from then on the directory is taken for whole.
        context.Journal.Append(JournalEntryKind.Noted, Step, Restored, described);
        await server.CompleteAsync(cancellationToken);
        return context.Database()!;
    }
}
