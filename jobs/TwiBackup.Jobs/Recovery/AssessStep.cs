using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Progress;

namespace TwiBackup.Recovery;

/// <summary>
/// Looks at the store, chooses the sets, holds their age against the objectives, and proves that the old primary is out of the way. Changes
/// nothing.
/// </summary>
internal sealed class AssessStep(RecoveryContext context, RecoveryOptions options) : IRecoveryStep
{
    public RecoveryStep Step => RecoveryStep.Assess;

    public string Does => "choose the newest good sets, hold their age against the objectives, prove that the old primary is out of the way";

    public string Precondition => "the store answers, and the identity opens it";

    public string Undo => "nothing is changed";

    public string? WhyNot => null;

    public async Task<StepOutcome> RunAsync(CancellationToken cancellationToken)
    {
        if (options.Catalog.Keys.Identities.Count == 0)
            throw new TwiBackupException(ExitCode.WrongUse, "There is no identity, and without one nothing can be opened. Name the file with AGE-SECRET-KEY-1… as keys.identity.");
        var plan = context.Plan = await context.PlanAsync(cancellationToken);
        foreach (var line in plan.Skipped)
            context.Progress.Warn(line);
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        var lines = new List<string>(plan.Skipped);
        foreach (var set in plan.Sets)
        {
            facts[set.Kind.Name()] = set.Id;
            facts[set.Kind.Name() + ".completed"] = Time(set.Manifest.CompletedAt);
            facts[set.Kind.Name() + ".bytes"] = set.Manifest.PlainBytes.ToString(CultureInfo.InvariantCulture);
        }

        var text = "There is nothing in the store that is to be restored.";
        if (plan.Database is { } database)
        {
            RequireAcceptedLoss(database);
            facts["newest"] = Time(database.NewestTime);
            facts["reach"] = database.Reach.ToString();
            facts["timeline"] = database.Path.Timeline.ToString(CultureInfo.InvariantCulture);
            var fenced = await new Fence(options).RequireAsync(database, cancellationToken);
            lines.Add(fenced);
            context.Progress.Say(fenced);
            text = $"Database from full/{database.Set.Id} and {Sizes.Text(database.ReplayBytes)} of WAL, at the newest to {Time(database.NewestTime)}.";
        }
        else if (plan.Sets.Any())
        {
            text = $"From {string.Join(" and ", plan.Sets.Select(s => $"{s.Kind.Name()}/{s.Id}"))}.";
        }

        if (plan.LastSign is { } sign)
            facts["lastSign"] = Time(sign);
        if (options.OutageSince is { } since)
            facts["outage"] = Time(since);
        return new StepOutcome(text) { Facts = facts, Lines = lines };
    }

    /// <summary>
    /// A newest point older than the RPO is what an attack leaves that hides or refuses newer sets, and what a receiver leaves that had
    /// stopped long before: a person decides.
    /// </summary>
    private void RequireAcceptedLoss(RestorePlan plan)
    {
        if (!plan.Target.IsLatest || options.Objectives.Database.Rpo is not { } rpo)
            return;
        var now = options.OutageSince ?? context.Clock.GetUtcNow();
        var age = now - plan.NewestTime;
        if (age <= rpo || options.AcceptedLossUntil <= plan.NewestTime)
            return;
        var why = plan.IsNewerRefused ? "Newer sets are there and can't be used (see above), and the" : "The";
        var since = options.OutageSince is null ? " If the outage began earlier, say when with --since." : "";
        throw new TwiBackupException(
            $"{why} newest point that can be recovered is {Time(plan.NewestTime)}, {Sizes.Text(age)} before {(options.OutageSince is null ? "now" : "the outage")}; the RPO is {Sizes.Text(rpo)}.{since} If that loss is accepted add --accept-data-loss-until {Time(plan.NewestTime)}.");
    }

    /// <summary>Rounded down: what is named must be reachable.</summary>
    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
