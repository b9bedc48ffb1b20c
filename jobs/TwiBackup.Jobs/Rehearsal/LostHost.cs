using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Verification;

namespace TwiBackup.Rehearsal;

/// <summary>
/// The host is lost, with everything on it: database, receiver, configuration, logs. It is recovered from the store alone, several times
/// in a row, each time on the timeline that the recovery before made; the worst is reported.
/// </summary>
internal sealed class LostHost(RehearsalOptions options, IProgressReporter progress)
{
    public const string ScenarioName = "lost-host";

    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(50);

    private readonly List<Check> checks = [];
    private readonly List<Recovery> recoveries = [];
    private BackupSet? newest;

    public async Task<RehearsalReport> RunAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetUtcNow();
        await using var system = await LocalSystem.BuildAsync(options, progress, cancellationToken);
        system.StartBot();
        var since = MonotonicInstant.Now();
        for (var number = 1; number <= options.Kills; number++)
        {
            await system.StartReceiverAsync(cancellationToken);
            newest = await system.BackUpAsync(cancellationToken);
            progress.Say($"Full backup {newest.Id}: {Sizes.Text(newest.Manifest.PlainBytes)}, stored {Sizes.Text(newest.Manifest.StoredBytes)}, in {Sizes.Text(newest.Manifest.CompletedAt - newest.Manifest.StartedAt)}.");
            await WriteForAWhileAsync(system, cancellationToken);
            recoveries.Add(await LoseAndRecoverAsync(system, number, since, cancellationToken));
            since = MonotonicInstant.Now();
        }

        return Report(system, started);
    }

    private async Task WriteForAWhileAsync(LocalSystem system, CancellationToken cancellationToken)
    {
        progress.Stage("bot writes");
        var now = MonotonicInstant.Now();
        await system.WaitForHeartbeatAsync(now, 1, cancellationToken);
        // The load itself: nothing is waited for but that time passes while the bot writes.
        await Task.Delay(options.Load, cancellationToken);
    }

    private async Task<Recovery> LoseAndRecoverAsync(LocalSystem system, int number, MonotonicInstant since, CancellationToken cancellationToken)
    {
        var disaster = system.Destroy();
        progress.Say($"Disaster {number}: database and receiver killed in the same instant, everything on the host deleted.");
        var clock = new StageClock(disaster.Began.Ticks);
        await DetectAsync(system, cancellationToken);
        await system.ForgetServerAsync();
        clock.End("detect");

        var staged = new StagedProgress(progress, clock, "provision");
        system.ProvisionHost();
        var plan = await new RestorePlanner(system.Catalog, TimeProvider.System).PlanAsync(RecoveryTarget.Latest, null, cancellationToken);
        var restore = new DatabaseRestore(
            system.Catalog, system.Installation, system.Account,
            new RestoreOptions { DataDirectory = system.DataDirectory, SlotName = LocalSystem.Slot },
            staged);
        await using (var restored = await restore.RunAsync(plan, cancellationToken))
        {
            staged.Stage("open");
            await restored.CompleteAsync(cancellationToken);
        }

        await system.OpenAsync(cancellationToken);
        staged.Stage("verified");
        var comparison = await CompareAsync(system, disaster, since, cancellationToken);
        await CheckAsync(system, number, comparison, cancellationToken);
        staged.End();
        var recovered = clock.Elapsed;
        var beat = await system.WaitForHeartbeatAsync(disaster.Dead, 1, cancellationToken);
        var bot = MonotonicInstant.Between(disaster.Began.Ticks, beat.Ticks);
        progress.Say($"Recovered: lost {Sizes.Text(comparison.Recoverable ?? TimeSpan.Zero)} of writes ({comparison.Lost} heartbeats), back after {Sizes.Text(recovered)}.");
        return new Recovery(comparison.Recoverable, recovered, bot, clock.Stages, plan.ReplayBytes);
    }

    /// <summary>As a monitor would: asks until the database does not answer.</summary>
    private static async Task DetectAsync(LocalSystem system, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using var session = await QueryConnection.OpenAsync(system.SuperuserConnection, cancellationToken);
            }
            catch (TwiBackupException)
            {
                return;
            }

            await Task.Delay(ProbeInterval, cancellationToken);
        }
    }

    private static async Task<HeartbeatComparison> CompareAsync(LocalSystem system, Disaster disaster, MonotonicInstant since, CancellationToken cancellationToken)
    {
        await using var connection = await QueryConnection.OpenAsync(system.BotConnection, cancellationToken);
        return await HeartbeatComparer.CompareAsync(AckLog.Read(system.AckPath), connection, disaster.Dead, since, cancellationToken);
    }

    private async Task CheckAsync(LocalSystem system, int number, HeartbeatComparison comparison, CancellationToken cancellationToken)
    {
        Add(number, new Check(
            "heartbeats", comparison.Sound,
            $"{comparison.Lost} acknowledged ones lost at the end, {comparison.Holes.Count} missing before that; measured to {comparison.LongestSilence.TotalMilliseconds:0} ms"));
        await using var connection = await QueryConnection.OpenAsync(system.BotConnection, cancellationToken);
        foreach (var check in await BotChecks.RunAsync(connection, BotSchema.DefaultRole, cancellationToken))
            Add(number, check);
    }

    private void Add(int number, Check check) => checks.Add(check with { Name = $"{check.Name} (disaster {number})" });

    private RehearsalReport Report(LocalSystem system, DateTimeOffset started)
    {
        var slowest = recoveries.MaxBy(r => r.Rto)!;
        // A loss that could not be measured is worse than any that was.
        var rpo = recoveries.Exists(r => r.Rpo is null) ? null : recoveries.Max(r => r.Rpo);
        return new RehearsalReport
        {
            Format = RehearsalReport.CurrentFormat,
            System = LocalSystem.Name,
            Id = SetId.Create(started),
            Scenario = ScenarioName,
            Tool = ToolVersion.Text,
            StartedAt = started,
            CompletedAt = TimeProvider.System.GetUtcNow(),
            Store = system.Store.Location,
            Postgres = system.Installation.Version.ToString(),
            Disasters = recoveries.Count,
            Components =
            [
                ComponentResult.Of("database", rpo, options.DatabaseRpo, slowest.Rto, options.DatabaseRto),
                ComponentResult.Of("bot", null, null, recoveries.Max(r => r.Bot), options.BotRto),
            ],
            Stages = slowest.Stages,
            Bytes = new RehearsalBytes(newest!.Manifest.PlainBytes, newest.Manifest.StoredBytes, recoveries.Max(r => r.Replayed)),
            Checks = checks,
        };
    }

    private sealed record Recovery(TimeSpan? Rpo, TimeSpan Rto, TimeSpan Bot, IReadOnlyList<StageResult> Stages, long Replayed);
}
