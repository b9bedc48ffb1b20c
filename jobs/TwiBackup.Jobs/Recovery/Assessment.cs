using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Recovery;

/// <summary>What is refused before anything is changed.</summary>
internal sealed class Assessment(RecoveryOptions options, TimeProvider clock)
{
    /// <summary>
    /// A newest point older than the RPO is what an attack leaves that hides or refuses newer sets, and what a receiver leaves that had
    /// stopped long before: a person decides.
    /// </summary>
    public void RequireAcceptedLoss(RecoveryPlan plan)
    {
        if (plan.NewestTime is not { } newest || !options.Target.IsLatest || options.Objectives.Database.Rpo is not { } rpo)
            return;
        var now = options.OutageSince ?? clock.GetUtcNow();
        var age = now - newest;
        if (age <= rpo || options.AcceptedLossUntil <= newest)
            return;
        var why = plan.Database?.IsNewerRefused == true ? "Newer sets are there and can't be used (see above), and the" : "The";
        var since = options.OutageSince is null ? " If the outage began earlier, say when with --since." : "";
        throw new TwiBackupException(
            $"{why} newest point that can be recovered is {AssessStep.Time(newest)}, {Sizes.Text(age)} before {(options.OutageSince is null ? "now" : "the outage")}; the RPO is {Sizes.Text(rpo)}.{since} If that loss is accepted add --accept-data-loss-until {AssessStep.Time(newest)}.");
    }

    /// <summary>No such PostgreSQL, no room, a directory that is taken: refused now and not when its step comes.</summary>
    public void RequirePlace(RestorePlan plan)
    {
        // A place that is still to be made can't be looked at.
        if (options.Actions.Provision is not null && !options.Skip.Contains(RecoveryStep.Provision))
            return;
        var installation = options.Installation ?? PostgresInstallation.Find(plan.Set.Manifest.Database!.ServerVersion / 10000, options.Environment);
        RestorePreflight.Require(plan, installation, options.DataDirectory!);
        new DataPlace(options.DataDirectory!).RequireFree(isOurs: false, options.KeepAside);
    }
}
