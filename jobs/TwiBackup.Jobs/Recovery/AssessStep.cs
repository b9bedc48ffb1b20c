using System.Globalization;
using TwiBackup.Catalog;
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

        var assessment = new Assessment(options, context.Clock);
        assessment.RequireAcceptedLoss(plan);
        if (plan.NewestTime is { } newest)
            facts["newest"] = Time(newest);
        var text = "There is nothing in the store that is to be restored.";
        if (plan.Database is { } database)
        {
            facts["reach"] = database.Reach.ToString();
            facts["timeline"] = database.Path.Timeline.ToString(CultureInfo.InvariantCulture);
            assessment.RequirePlace(database);
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

    /// <summary>Rounded down: what is named must be reachable.</summary>
    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
