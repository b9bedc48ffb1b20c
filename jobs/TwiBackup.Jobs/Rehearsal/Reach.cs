using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Recovery;

namespace TwiBackup.Rehearsal;

/// <summary>How far a store reaches, found as a person would: by asking for the newest point, and for what the refusal names.</summary>
/// <param name="Plan">What would be done.</param>
/// <param name="Target">What has to be asked for.</param>
/// <param name="Refusals">What was said on the way.</param>
internal sealed record Reach(RestorePlan Plan, RecoveryTarget Target, IReadOnlyList<string> Refusals)
{
    private const int AttemptsAtMost = 5;

    /// <exception cref="TwiBackupException">Nothing can be recovered from it.</exception>
    public static async Task<Reach> FindAsync(SetCatalog catalog, ObjectivesPolicy objectives, CancellationToken cancellationToken)
    {
        var target = RecoveryTarget.Latest;
        var refusals = new List<string>();
        while (true)
        {
            try
            {
                var asked = new RecoveryOptions
                {
                    Catalog = catalog,
                    // Asked what it would do, it writes neither.
                    JournalFile = "/nowhere",
                    DataDirectory = "/nowhere",
                    Objectives = objectives,
                    Target = target,
                };
                var plan = await new RecoveryRun(asked, SilentProgress.Instance, TimeProvider.System).PlanAsync(cancellationToken);
                return new Reach(plan.Database!, target, refusals);
            }
            catch (OutOfReachException e) when (refusals.Count < AttemptsAtMost)
            {
                refusals.Add(e.Message);
                target = new RecoveryTarget { Time = e.Plan.NewestTime };
            }
        }
    }
}
