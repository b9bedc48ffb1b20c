using System.Globalization;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Recovery;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Verification;

namespace TwiBackup.Rehearsal.Local;

/// <summary>
/// Recovers a rehearsed system by the plan of steps of <c>twibackup recover</c>, times it from the disaster on, and holds what came back
/// against what was there.
/// </summary>
internal sealed class LocalRecovery(LocalSystem system, RehearsalOptions options, Findings findings, IProgressReporter progress)
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Stages as restores call them, and as people do.</summary>
    private static readonly Dictionary<string, string> StageNames = new()
    {
        ["bundle"] = "repository",
        ["git fsck"] = "repository",
        ["files"] = "configuration",
    };

    private HeartbeatComparison? heartbeats;
    private TimeSpan databaseAway;
    private TimeSpan botAway;

    /// <exception cref="TwiBackupException">It did not come back; what had been found until then stands in the findings.</exception>
    public async Task<Recovered> RunAsync(Disaster disaster, RecoveryWish wish, CancellationToken cancellationToken)
    {
        var clock = new StageClock(disaster.Began.Ticks);
        var staged = new StagedProgress(progress, clock, "detect", StageNames);
        await DetectAsync(cancellationToken);
        await system.Database.ForgetAsync();
        staged.Stage("provision");
        try
        {
            var result = await new RecoveryRun(Options(disaster, wish, staged), staged, TimeProvider.System).RunAsync(cancellationToken);
            staged.End();
            result.ThrowIfFailed();
            var away = clock.Elapsed;
            await system.WaitForReceiverAsync(cancellationToken);
            findings.Add(new RehearsalBytes(0, 0, result.Database!.ReplayedBytes));
            progress.Say($"Recovered: lost {Sizes.Text(heartbeats!.Recoverable ?? TimeSpan.Zero)} of writes ({heartbeats.Lost} heartbeats), back after {Sizes.Text(away)}.");
            return new Recovered(result, heartbeats, databaseAway, botAway, away, staged.Wasted);
        }
        finally
        {
            findings.Add(clock);
        }
    }

    private RecoveryOptions Options(Disaster disaster, RecoveryWish wish, StagedProgress staged) => new()
    {
        Catalog = wish.Catalog,
        JournalFile = Path.Combine(system.Folder, string.Create(CultureInfo.InvariantCulture, $"recovery-{findings.Disasters}-{Guid.NewGuid():n}.jsonl")),
        Target = wish.Target,
        KeepAside = true,
        DataDirectory = system.Database.DataDirectory,
        RepositoryFolder = wish.Home is null ? null : system.Home.Folder,
        ConfigurationRoot = wish.Home is null ? null : "/",
        Installation = system.Installation,
        Account = system.Account,
        SlotName = LocalSystem.Slot,
        OldPrimary = system.Database.SuperuserConnection,
        // Whoever rehearses wants to know what the loss is, whatever it is: the report judges it.
        AcceptedLossUntil = DateTimeOffset.UnixEpoch,
        OutageSince = new DateTimeOffset(disaster.Began.Utc, TimeSpan.Zero),
        Objectives = options.Objectives,
        Environment = options.Environment,
        Actions = Actions(disaster, wish, staged),
    };

    private RecoveryActions Actions(Disaster disaster, RecoveryWish wish, StagedProgress staged) => new()
    {
        Provision = wish.Home is null ? null : _ =>
        {
            system.ProvisionHost();
            return Task.FromResult("An empty host.");
        },
        StartReceiver = (_, _) =>
        {
            system.StartReceiver();
            return Task.FromResult<IAsyncDisposable>(GoesOn.Instance);
        },
        OpenDatabase = async (_, ct) =>
        {
            await system.Database.OpenAsync(ct);
            return "";
        },
        Deploy = wish.Home is null ? null : _ =>
        {
            staged.Stage("deploy");
            system.StartBot();
            return Task.FromResult("The bot was started with the settings that came back.");
        },
        Verify = ct =>
        {
            staged.Stage("verified");
            return VerifyAsync(disaster, wish, ct);
        },
    };

    /// <summary>As a monitor would: asks until the database does not answer.</summary>
    private async Task DetectAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using var session = await QueryConnection.OpenAsync(system.Database.SuperuserConnection, cancellationToken);
            }
            catch (TwiBackupException)
            {
                return;
            }

            await Task.Delay(ProbeInterval, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<Check>> VerifyAsync(Disaster disaster, RecoveryWish wish, CancellationToken cancellationToken)
    {
        var checks = new List<Check>();
        await using (var connection = await QueryConnection.OpenAsync(system.Database.BotConnection, cancellationToken))
        {
            heartbeats = await HeartbeatComparer.CompareAsync(
                AckLog.Read(system.AckPath), connection, wish.Until ?? disaster.Dead, wish.Since, cancellationToken);
            checks.Add(new Check(
                "heartbeats", heartbeats.Sound,
                $"{heartbeats.Lost} acknowledged ones lost at the end, {heartbeats.Holes.Count} missing before that; measured to {heartbeats.LongestSilence.TotalMilliseconds:0} ms"));
            checks.AddRange(await BotChecks.RunAsync(connection, BotSchema.DefaultRole, cancellationToken));
        }

        databaseAway = Since(disaster);
        if (wish.Home is { } home)
            checks.AddRange(await new HomeProof(system, wish.Catalog).RunAsync(home, cancellationToken));
        var beat = await system.WaitForHeartbeatAsync(disaster.Dead, cancellationToken);
        botAway = MonotonicInstant.Between(disaster.Began.Ticks, beat.Ticks);
        foreach (var check in checks)
            findings.Add(check);
        return checks;
    }

    private static TimeSpan Since(Disaster disaster) => MonotonicInstant.Between(disaster.Began.Ticks, MonotonicInstant.Now().Ticks);

    /// <summary>The receiver is the system's own: it goes on when the recovery has ended.</summary>
    private sealed class GoesOn : IAsyncDisposable
    {
        public static readonly GoesOn Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
