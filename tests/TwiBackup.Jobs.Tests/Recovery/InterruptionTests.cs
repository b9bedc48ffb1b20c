using TwiBackup.Recovery;
using TwiBackup.Tests.Catalog;

namespace TwiBackup.Tests.Recovery;

/// <summary>Invariant of the journal: wherever a run ends, the next one goes on, and does nothing twice that was done.</summary>
public sealed class InterruptionTests(LostSystem lost) : IClassFixture<LostSystem>
{
    /// <summary>Actions and stages, in the order in which they come.</summary>
    private static readonly string[] Points =
    [
        "notify Begun", "provision", "stage bundle", "stage git fsck", "stage files", "stage base", "stage replay", "stage open", "open", "deploy", "verify",
        "route", "notify Recovered",
    ];

    [Fact]
    public async Task Killed_at_every_point_in_turn_it_goes_on_and_ends_well()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var stages = new List<string>();
        foreach (var point in Points)
        {
            var isHit = false;
            InterruptAt(scene, stages, name =>
            {
                if (isHit || name != point)
                    return;
                isHit = true;
                throw new KilledException();
            });
            await Assert.ThrowsAsync<KilledException>(() => scene.RecoverAsync(o => o with { Resume = true }));
            Assert.True(isHit, point);
            AssertNothingHalf(scene);
        }

        InterruptAt(scene, stages, _ => { });
        var result = await scene.RecoverAsync(o => o with { Resume = true });
        await AssertWholeAsync(scene, result);
        // Killed in it and done once more, and never after that; opening is asked for again by each run behind it.
        Assert.All((string[])["notify Begun", "provision", "deploy", "verify", "route", "notify Recovered"], a => Assert.Equal(2, scene.Asked.Count(x => x == a)));
        Assert.Equal(3, stages.Count(s => s == "stage base"));
        Assert.Equal(3, stages.Count(s => s == "stage bundle"));
        // Each run that restored has stored one history; the timeline that is open is the last one.
        Assert.Equal(2u, result.Database!.Timeline);
        AssertNothingStaged(scene);
    }

    [Fact]
    public async Task Stopped_by_a_person_it_says_so_in_journal_and_document()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        foreach (var point in (string[])["provision", "stage base", "deploy"])
        {
            using var stop = new CancellationTokenSource();
            InterruptAt(scene, [], name =>
            {
                if (name == point)
                    stop.Cancel();
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.RecoverAsync(scene.Progress, o => o with { Resume = true }, stop.Token));
            using (var journal = RecoveryJournal.Resume(scene.Journal, lost.Keys.Signer, TimeProvider.System)!)
                Assert.Equal(JournalEntryKind.Stopped, journal.Entries[^1].Kind);
            var page = await File.ReadAllTextAsync(Path.ChangeExtension(scene.Journal, ".md"), RecoveryScene.Cancellation);
            Assert.Contains("NOT recovered", page, StringComparison.Ordinal);
            Assert.Contains("stopped before the end", page, StringComparison.Ordinal);
            Assert.Contains("Go on: `twibackup recover --resume`", page, StringComparison.Ordinal);
        }

        InterruptAt(scene, [], _ => { });
        await AssertWholeAsync(scene, await scene.RecoverAsync(o => o with { Resume = true }));
    }

    [Fact]
    public async Task A_journal_copied_to_another_machine_goes_on_there()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        InterruptAt(scene, [], name =>
        {
            if (name == "stage base")
                throw new KilledException();
        });
        await Assert.ThrowsAsync<KilledException>(() => scene.RecoverAsync());
        var copy = Path.Combine(Directory.CreateDirectory(Path.Combine(scene.Folder, "elsewhere")).FullName, "copied.jsonl");
        File.Copy(scene.Journal, copy);
        InterruptAt(scene, [], _ => { });
        var result = await scene.RecoverAsync(o => o with { Resume = true, JournalFile = copy, Machine = "another" });
        await AssertWholeAsync(scene, result);
        Assert.Equal(1, scene.Asked.Count(a => a == "provision"));
        var page = await File.ReadAllTextAsync(result.IncidentFile, RecoveryScene.Cancellation);
        Assert.Contains("another", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_rest_is_done_elsewhere_the_run_ends_behind_provision_and_goes_on_there()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        for (var run = 0; run < 2; run++)
        {
            var here = await scene.RecoverAsync(o => o with { ContinuesElsewhere = true, Machine = "here", Resume = true });
            Assert.True(here.IsHandedOver);
            Assert.Null(here.Failure);
            Assert.False(Directory.Exists(scene.Data));
            Assert.Equal(["notify Begun", "provision"], scene.Asked);
        }

        var there = await scene.RecoverAsync(o => o with { ContinuesElsewhere = true, Machine = "there", Resume = true });
        Assert.False(there.IsHandedOver);
        await AssertWholeAsync(scene, there);
        Assert.Equal(1, scene.Asked.Count(a => a == "provision"));
    }

    [Fact]
    public async Task A_recovery_that_has_ended_is_not_done_again()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        await scene.RecoverAsync();
        var before = (scene.Asked.Count, RecoveryScene.Photograph(scene.StoreObjects));
        var again = await scene.RecoverAsync(o => o with { Resume = true });
        Assert.True(again.Met);
        Assert.Equal(before.Count, scene.Asked.Count);
        Assert.Equal(before.Item2, RecoveryScene.Photograph(scene.StoreObjects));
    }

    [Fact]
    public async Task A_journal_of_another_target_or_kind_is_not_gone_on_with()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        scene.OnAction = name => name == "provision" ? throw new KilledException() : Task.CompletedTask;
        await Assert.ThrowsAsync<KilledException>(() => scene.RecoverAsync());
        scene.OnAction = _ => Task.CompletedTask;
        foreach (var change in (Func<RecoveryOptions, RecoveryOptions>[])
            [o => o with { Target = new TwiBackup.Database.RecoveryTarget { Immediate = true } }, o => o with { Isolated = true }])
        {
            var refused = await Assert.ThrowsAsync<TwiBackupException>(() => scene.RecoverAsync(o => change(o) with { Resume = true }));
            Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
            Assert.Contains("is of a recovery with another", refused.Message, StringComparison.Ordinal);
        }
    }

    private static void InterruptAt(RecoveryScene scene, List<string> stages, Action<string> interrupt)
    {
        scene.Progress.OnStage = name =>
        {
            stages.Add($"stage {name}");
            interrupt($"stage {name}");
        };
        scene.OnAction = name =>
        {
            interrupt(name);
            return Task.CompletedTask;
        };
    }

    /// <summary>Whatever lies there after a kill is a whole database, or nothing that PostgreSQL would start.</summary>
    private static void AssertNothingHalf(RecoveryScene scene)
    {
        var isMarked = File.Exists(Path.Combine(scene.Data, TwiBackup.Database.RestoreTarget.MarkerName));
        var isWhole = File.Exists(Path.Combine(scene.Data, "global/pg_control")) && !isMarked;
        Assert.True(isWhole || isMarked || !Directory.Exists(scene.Data));
        Assert.True(!Directory.Exists(scene.Repository) || File.Exists(Path.Combine(scene.Repository, "main.py")));
    }

    private async Task AssertWholeAsync(RecoveryScene scene, RecoveryResult result)
    {
        Assert.Null(result.Failure);
        Assert.True(result.Met);
        Assert.All(result.Steps, s => Assert.Equal(StepState.Done, s.State));
        Assert.Equal(LostSystem.Rows, await scene.RowsAsync());
        Assert.Equal($"DISCORD_TOKEN={LostSystem.Secret}\n", await File.ReadAllTextAsync(scene.EnvironmentFile, RecoveryScene.Cancellation));
        Assert.Equal("print('hello again')\n", await File.ReadAllTextAsync(Path.Combine(scene.Repository, "main.py"), RecoveryScene.Cancellation));
        Assert.Equal(lost.Full.Id, result.Database!.SetId);
    }

    private static void AssertNothingStaged(RecoveryScene scene) =>
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(scene.Host, "*", SearchOption.AllDirectories), p => p.EndsWith(".new", StringComparison.Ordinal));
}
