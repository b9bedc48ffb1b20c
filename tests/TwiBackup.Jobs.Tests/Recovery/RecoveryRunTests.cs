using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Policy;
using TwiBackup.Recovery;

namespace TwiBackup.Tests.Recovery;

/// <summary>The whole system, from a store into an empty host.</summary>
public sealed class RecoveryRunTests(LostSystem lost) : IClassFixture<LostSystem>
{
    private static CancellationToken Cancellation => RecoveryScene.Cancellation;

    [Fact]
    public async Task A_lost_system_is_recovered_from_the_store_alone()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var result = await scene.RecoverAsync();
        Assert.Null(result.Failure);
        Assert.True(result.Met);
        Assert.All(result.Steps, s => Assert.Equal(StepState.Done, s.State));
        Assert.Equal(["notify Begun", "provision", "open", "deploy", "verify", "route", "notify Recovered"], scene.Asked);
        Assert.Equal(LostSystem.Rows, await scene.RowsAsync());
        Assert.Equal("2", await scene.AskDatabaseAsync("select substr(pg_walfile_name(pg_current_wal_lsn()), 8, 1)"));
        // The slot was there before anybody was let in: no WAL of the new timeline is lost.
        Assert.Equal("t", await scene.AskDatabaseAsync("select (restart_lsn is not null)::text::char from pg_replication_slots where slot_name = 'twibackup'"));
        Assert.Equal($"DISCORD_TOKEN={LostSystem.Secret}\n", await File.ReadAllTextAsync(scene.EnvironmentFile, Cancellation));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.EnvironmentFile));
        Assert.Equal("print('hello again')\n", await File.ReadAllTextAsync(Path.Combine(scene.Repository, "main.py"), Cancellation));
        Assert.Equal((lost.Full.Id, 2u), (result.Database!.SetId, result.Database.Timeline));
        Assert.NotEmpty(Directory.EnumerateFiles(scene.StoreRoot, "00000002.history*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task The_incident_document_has_the_checklist_the_times_and_no_secret()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var outage = DateTimeOffset.UtcNow - TimeSpan.FromMinutes(10);
        var result = await scene.RecoverAsync(o => o with
        {
            OutageSince = outage,
            Shares = new Dictionary<RecoveryStep, TimeSpan> { [RecoveryStep.Database] = TimeSpan.FromHours(2), [RecoveryStep.Assess] = TimeSpan.FromTicks(1) },
            Actions = o.Actions with { Route = null },
        });
        var page = await File.ReadAllTextAsync(result.IncidentFile, Cancellation);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(result.IncidentFile));
        string[] ticked =
        [
            "Assess the situation and declare disaster if necessary", "Notify stakeholders", "Provision new infrastructure", "Restore code repository",
            "Restore configuration", "Restore database", "Deploy application", "Verify functionality", "Document the incident and recovery process",
        ];
        Assert.All(ticked, point => Assert.Contains($"- [x] {point} (20", page, StringComparison.Ordinal));
        Assert.Contains("- [ ] Update DNS/routing if necessary (not done: nothing is named", page, StringComparison.Ordinal);
        Assert.Contains("- [ ] Monitor system for issues (a person's", page, StringComparison.Ordinal);
        Assert.Contains("- [ ] Conduct post-mortem analysis", page, StringComparison.Ordinal);
        Assert.Equal(12, page.Split('\n').Count(line => line.StartsWith("- [", StringComparison.Ordinal)));

        // What was lost, how long it took, against what is allowed.
        Assert.Matches(@"\| database \| 0 s \| 1 h \| 10 min.* \| 2 h \| yes \| from the newest point in the store to the outage as it was said", page);
        Assert.Matches(@"\| system \| - \| - \| 10 min.* \| 4 h \| yes", page);
        Assert.Matches(@"\| assess \| .* \| 0 s \| 1 \| done, \*\*over its share\*\*", page);
        Assert.Contains(lost.Full.Id, page, StringComparison.Ordinal);
        Assert.Contains(lost.Repository.Id, page, StringComparison.Ordinal);
        Assert.Contains("### Why (ask it five times)", page, StringComparison.Ordinal);
        Assert.Matches(@"\| 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ \| .* \| database: restored \|", page);

        var said = string.Join('\n', [page, await File.ReadAllTextAsync(scene.Journal, Cancellation), .. scene.Progress.Said, .. scene.Progress.Warned]);
        Assert.DoesNotContain(LostSystem.Secret, said, StringComparison.Ordinal);
        Assert.DoesNotContain("AGE-SECRET-KEY", said, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Postgres.TestPostgres.ReplicatorPassword, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_changes_nothing_here_and_nothing_in_the_store()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        Directory.CreateDirectory(Path.Combine(scene.Data, "in the way"));
        var before = RecoveryScene.Photograph(scene.Folder);
        var plan = await new RecoveryRun(scene.Options(), scene.Progress, TimeProvider.System).PlanAsync(Cancellation);
        Assert.Equal(before, RecoveryScene.Photograph(scene.Folder));
        Assert.Empty(scene.Asked);
        Assert.Equal([lost.Full.Id, lost.Repository.Id, lost.Configuration.Id], plan.Sets.Select(s => s.Id));
        Assert.Empty(plan.Problems);
        Assert.Equal([scene.Data], plan.InTheWay);
        Assert.Equal(RecoverySteps.All, plan.Steps.Select(s => s.Step));
        Assert.All(plan.Steps, s => Assert.True(s.Does.Length > 0 && s.Precondition.Length > 0 && s.Undo.Length > 0));
        // Nothing was verified, so times are guesses and say so.
        var database = plan.Steps.Single(s => s.Step == RecoveryStep.Database);
        Assert.True(database.Expected > TimeSpan.Zero);
        Assert.Contains("GUESS", database.ExpectedHow, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_step_ends_the_run_is_told_and_is_gone_on_from()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        scene.OnAction = name => name == "provision" ? throw new TwiBackupException("No host could be made.") : Task.CompletedTask;
        var failed = await scene.RecoverAsync();
        Assert.Equal("No host could be made.", failed.Failure);
        Assert.Equal((StepState.Failed, StepState.Pending), (failed.Of(RecoveryStep.Provision).State, failed.Of(RecoveryStep.Repository).State));
        Assert.Equal(["notify Begun", "provision", "notify Failed"], scene.Asked);
        Assert.Throws<TwiBackupException>(failed.ThrowIfFailed);
        var page = await File.ReadAllTextAsync(failed.IncidentFile, Cancellation);
        Assert.Contains("- [ ] Provision new infrastructure (FAILED", page, StringComparison.Ordinal);
        Assert.Contains("- [ ] Restore database (not reached)", page, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scene.Data));

        scene.OnAction = _ => Task.CompletedTask;
        var result = await scene.RecoverAsync(o => o with { Resume = true });
        Assert.True(result.Met);
        Assert.Equal(2, result.Of(RecoveryStep.Provision).Attempts);
        Assert.Equal(1, scene.Asked.Count(a => a == "notify Begun"));
    }

    [Fact]
    public async Task An_alert_that_cannot_be_sent_is_said_and_fails_nothing()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        scene.OnAction = name => name.StartsWith("notify", StringComparison.Ordinal) ? throw new TwiBackupException("Discord is down.") : Task.CompletedTask;
        var result = await scene.RecoverAsync();
        Assert.True(result.Met);
        Assert.Contains(scene.Progress.Warned, w => w.Contains("NOBODY WAS TOLD: Discord is down.", StringComparison.Ordinal));
        Assert.Contains("- [ ] Notify stakeholders (NOBODY WAS TOLD", await File.ReadAllTextAsync(result.IncidentFile, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_led_to_a_system_that_failed_its_checks()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var result = await scene.RecoverAsync(o => o with
        {
            Actions = o.Actions with { Verify = _ => Task.FromResult<IReadOnlyList<TwiBackup.Verification.Check>>([new("bot answers", false, "it does not")]) },
        });
        Assert.Contains("bot answers: it does not", result.Failure, StringComparison.Ordinal);
        Assert.DoesNotContain("route", scene.Asked);
        Assert.Contains("**FAILED**: bot answers", await File.ReadAllTextAsync(result.IncidentFile, Cancellation), StringComparison.Ordinal);
        // A person may go on without.
        var forced = await scene.RecoverAsync(o => o with { Resume = true, Skip = new HashSet<RecoveryStep> { RecoveryStep.Verify } });
        Assert.True(forced.IsComplete);
        Assert.Equal(StepState.Skipped, forced.Of(RecoveryStep.Verify).State);
        Assert.Contains("route", scene.Asked);
    }

    [Fact]
    public async Task A_damaged_full_is_passed_over_for_the_one_before_and_nothing_is_lost()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        Damage(scene, lost.Full, lost.Full.Manifest.Objects.First(o => o.Name.StartsWith("base.", StringComparison.Ordinal)).Name);
        var result = await scene.RecoverAsync();
        Assert.Null(result.Failure);
        Assert.Equal(lost.FirstFull.Id, result.Database!.SetId);
        Assert.Equal(LostSystem.Rows, await scene.RowsAsync());
        Assert.Contains($"full/{lost.Full.Id} is damaged", await File.ReadAllTextAsync(result.IncidentFile, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sets_that_are_not_whole_are_passed_over_before_anything_is_written()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        File.Delete(ObjectFile(scene, lost.Full, lost.Full.Manifest.Objects.First(o => o.Name.StartsWith("base.", StringComparison.Ordinal)).Name));
        var plan = await new RecoveryRun(scene.Options(), scene.Progress, TimeProvider.System).PlanAsync(Cancellation);
        Assert.Equal(lost.FirstFull.Id, plan.Database!.Set.Id);
        Assert.Contains(plan.Skipped, line => line.Contains($"full/{lost.Full.Id} is not whole", StringComparison.Ordinal));
        Assert.True(plan.Database.IsNewerRefused);
    }

    [Fact]
    public async Task A_point_further_back_than_the_RPO_needs_a_persons_word_and_is_an_objective_missed()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        RecoveryOptions Strict(RecoveryOptions o) => o with
        {
            Objectives = o.Objectives with { Database = new Objective(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(2)) },
        };
        var refused = await scene.RecoverAsync(Strict);
        Assert.Contains("--accept-data-loss-until ", refused.Failure, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scene.Data));
        // Not even told: nothing has begun.
        Assert.Equal(["notify Failed"], scene.Asked);
        var named = DateTimeOffset.Parse(refused.Failure!.Split("--accept-data-loss-until ")[1].TrimEnd('.'), System.Globalization.CultureInfo.InvariantCulture);

        var tooStrict = await scene.RecoverAsync(o => Strict(o) with { Resume = true, AcceptedLossUntil = named + TimeSpan.FromSeconds(1) });
        Assert.NotNull(tooStrict.Failure);
        var accepted = await scene.RecoverAsync(o => Strict(o) with { Resume = true, AcceptedLossUntil = named });
        Assert.True(accepted.IsComplete);
        Assert.False(accepted.Met);
        Assert.Contains("an objective was MISSED", await File.ReadAllTextAsync(accepted.IncidentFile, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_outage_that_was_said_decides_about_the_RPO()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var options = scene.Options() with { OutageSince = DateTimeOffset.UtcNow + TimeSpan.FromHours(2) };
        var plan = await new RecoveryRun(options, scene.Progress, TimeProvider.System).PlanAsync(Cancellation);
        Assert.Contains(plan.Problems, p => p.Contains("before the outage; the RPO is 1 h", StringComparison.Ordinal));
        plan = await new RecoveryRun(options with { OutageSince = plan.Database!.NewestTime }, scene.Progress, TimeProvider.System).PlanAsync(Cancellation);
        Assert.Empty(plan.Problems);
    }

    [Fact]
    public async Task A_chosen_point_is_reached_and_counts_as_no_loss()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var result = await scene.RecoverAsync(o => o with
        {
            Target = new RecoveryTarget { Lsn = lost.Full.StopLsn },
            Actions = o.Actions with { Verify = null },
        });
        Assert.True(result.Met);
        Assert.Equal(10, await scene.RowsAsync());
        Assert.Contains(result.Objectives, o => o is { Component: "database", Lost: null } && o.How.Contains("which was chosen", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_in_the_way_is_kept_aside_or_refused()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        Directory.CreateDirectory(scene.Data);
        await File.WriteAllTextAsync(Path.Combine(scene.Data, "mine"), "data", Cancellation);
        Directory.CreateDirectory(scene.Repository);
        await File.WriteAllTextAsync(Path.Combine(scene.Repository, "mine"), "code", Cancellation);
        var before = RecoveryScene.Photograph(scene.Host);
        var refused = await scene.RecoverAsync(o => o with { KeepAside = false, Actions = o.Actions with { Provision = null } });
        Assert.Contains("is not empty", refused.Failure, StringComparison.Ordinal);
        Assert.Equal(before, RecoveryScene.Photograph(scene.Host));

        var result = await scene.RecoverAsync(o => o with { Resume = true });
        Assert.True(result.Met);
        var kept = Directory.EnumerateFiles(scene.Host, "mine", SearchOption.AllDirectories).Select(File.ReadAllText).Order();
        Assert.Equal(["code", "data"], kept);
        Assert.Equal(2, (await File.ReadAllTextAsync(result.IncidentFile, Cancellation)).Split("delete it when nobody misses anything").Length - 1);
    }

    [Fact]
    public async Task A_drill_writes_nothing_to_the_store_and_leads_nobody_anywhere()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var before = RecoveryScene.Photograph(scene.StoreObjects);
        var result = await scene.RecoverAsync(o => o with
        {
            Isolated = true,
            Actions = o.Actions with
            {
                StartReceiver = (_, _) => throw new InvalidOperationException("no receiver in a drill"),
                TakeFull = (_, _) => throw new InvalidOperationException("no full in a drill"),
            },
        });
        Assert.True(result.IsComplete);
        Assert.Equal(before, RecoveryScene.Photograph(scene.StoreObjects));
        Assert.Equal(["notify Begun", "open", "deploy", "verify", "notify Recovered"], scene.Asked);
        Assert.Equal(LostSystem.Rows, await scene.RowsAsync());
        Assert.Equal("0", await scene.AskDatabaseAsync("select count(*) from pg_replication_slots"));
        Assert.StartsWith("# Drill: ", await File.ReadAllTextAsync(result.IncidentFile, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_full_is_waited_for_and_its_failure_fails_nothing()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var begun = new TaskCompletionSource();
        var result = await scene.RecoverAsync(o => o with
        {
            Actions = o.Actions with
            {
                TakeFull = async (_, _) =>
                {
                    await begun.Task;
                    throw new TwiBackupException("No room for a full.");
                },
                Route = _ =>
                {
                    // It has not held up anything.
                    begun.SetResult();
                    return Task.FromResult("");
                },
            },
        });
        Assert.True(result.Met);
        Assert.Contains(scene.Progress.Warned, w => w.Contains("No room for a full.", StringComparison.Ordinal));
        Assert.Contains("Take the first full of the new timeline", await File.ReadAllTextAsync(result.IncidentFile, Cancellation), StringComparison.Ordinal);
    }

    private static string ObjectFile(RecoveryScene scene, BackupSet set, string name) =>
        Directory.EnumerateFiles(scene.StoreRoot, "*", SearchOption.AllDirectories).Single(f => f.EndsWith($"{set.Id}/{name}", StringComparison.Ordinal));

    private static void Damage(RecoveryScene scene, BackupSet set, string name)
    {
        var file = ObjectFile(scene, set, name);
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
    }
}
