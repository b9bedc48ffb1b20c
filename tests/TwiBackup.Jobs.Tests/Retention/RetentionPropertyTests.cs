using TwiBackup.Catalog;
using TwiBackup.Retention;
using static TwiBackup.Tests.Catalog.SampleSets;

namespace TwiBackup.Tests.Retention;

/// <summary>What retention may never do, over lives that nobody thought of.</summary>
public sealed class RetentionPropertyTests
{
    private static readonly TimeSpan Window = TimeSpan.FromDays(7);

    [Theory]
    [InlineData(1, 0.0)]
    [InlineData(1, 0.5)]
    [InlineData(8, 0.1)]
    [InlineData(8, 0.5)]
    [InlineData(30, 0.1)]
    public async Task Every_instant_of_the_window_that_could_be_recovered_before_can_be_recovered_after(int keepDays, double restoresADay)
    {
        var (checkedInstants, restores, gone) = (0, 0, 0);
        for (var seed = 0; seed < 25; seed++)
        {
            var life = new RandomHistory(seed, TimeSpan.FromDays(keepDays), Window, restoresADay);
            var prunes = new Random(seed);
            for (var hour = 0; hour < 50 * 24; hour++)
            {
                life.Live();
                if (prunes.Next(30) > 0)
                    continue;
                var newest = BackupSetOrder.Sort(life.Fulls) is [.., var last] ? last : null;
                var sets = life.Fulls.Count;
                var before = await life.PruneAsync();
                checkedInstants += before.Count;
                gone += sets - life.Fulls.Count;
                var lost = before.FirstOrDefault(i => !life.IsRecoverable(i));
                Assert.True(lost is null, $"seed {seed}, now {life.Now:u}: {lost?.At:u} can't be recovered any more ({string.Join(" ", lost?.Path ?? [])})");
                if (newest is not null)
                    Assert.Contains(newest, life.Fulls);
            }

            restores += life.Restores;
        }

        Assert.True(checkedInstants > 10_000, $"{checkedInstants} instants say little");
        Assert.True(restores > 0 || restoresADay == 0);
        Assert.True(gone > 0 || keepDays > 8, "nothing ever expired");
    }

    [Fact]
    public async Task Nothing_stays_for_ever_while_backups_are_taken()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var life = new RandomHistory(seed, TimeSpan.FromDays(8), Window, 0.3);
            for (var hour = 0; hour < 30 * 24; hour++)
                life.Live();
            for (var hour = 0; hour < 20 * 24; hour++)
            {
                life.Live(calm: true);
                if (hour % 24 == 5)
                    await life.PruneAsync();
            }

            // A full a day: the window rests on one of the eighth day, and nothing before it is needed.
            Assert.True(life.OldestWal > life.Now - TimeSpan.FromDays(8.5), $"seed {seed}: WAL of {life.OldestWal:u} at {life.Now:u}");
            Assert.All(life.Fulls, f => Assert.True(f.Manifest.Database!.StopTime > life.Now - TimeSpan.FromDays(9.5)));
        }
    }

    [Fact]
    public async Task When_the_jobs_stop_for_a_year_the_last_backup_and_its_wal_are_still_there()
    {
        var life = new RandomHistory(1, TimeSpan.FromDays(8), Window, 0.2);
        for (var hour = 0; hour < 30 * 24; hour++)
            life.Live();
        var before = await life.PruneAsync();
        var newest = BackupSetOrder.Sort(life.Fulls)[^1];
        var instant = before[^1];
        var sets = new List<BackupSet>(life.Fulls);
        for (var day = 1; day < 365; day++)
        {
            var expired = SetRetention.Expired(BackupSetOrder.Sort(sets), life.Now.AddDays(day), Window, null);
            Assert.DoesNotContain(newest, expired);
            sets.RemoveAll(expired.Contains);
        }

        Assert.NotEmpty(sets);
        Assert.True(life.IsRecoverable(instant));
    }

    [Theory]
    [InlineData(SetKind.Logs)]
    [InlineData(SetKind.Dump)]
    [InlineData(SetKind.Full)]
    public void The_newest_good_set_of_a_kind_never_goes(SetKind kind)
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var sets = Enumerable.Range(0, random.Next(1, 6))
                .Select(i => Set(kind, Id(Epoch.AddDays(i)), Epoch.AddDays(random.Next(-10, 10)), kind.IsPhysical() ? Facts(1, (ulong)(i + 1) << 24, ((ulong)(i + 1) << 24) + 100, Epoch.AddDays(i)) : null))
                .ToList();
            var expired = SetRetention.Expired(BackupSetOrder.Sort(sets), Epoch.AddDays(random.Next(0, 1000)), Window, null);
            Assert.DoesNotContain(sets[^1], expired);
        }
    }

    [Fact]
    public void Where_the_policy_wants_proof_nothing_older_than_the_newest_proven_set_goes()
    {
        var sets = Enumerable.Range(0, 5).Select(i => Set(SetKind.Logs, Id(Epoch.AddDays(i)), Epoch.AddDays(i))).ToList();
        var late = Epoch.AddYears(1);
        Assert.Empty(SetRetention.Expired(sets, late, Window, new HashSet<string>()));
        Assert.Equal(sets.Take(2), SetRetention.Expired(sets, late, Window, new HashSet<string> { sets[2].Id }));
        Assert.Equal(sets.Take(4), SetRetention.Expired(sets, late, Window, null));
        Assert.Equal(sets.Take(4), SetRetention.Expired(sets, late, Window, sets.Select(s => s.Id).ToHashSet()));
    }

    [Fact]
    public void A_new_cluster_does_not_take_the_old_ones_place_before_it_can()
    {
        var old = Enumerable.Range(0, 3).Select(i => Set(SetKind.Full, Id(Epoch.AddDays(i)), Epoch.AddDays(i), Facts(1, (ulong)(i + 1) << 24, ((ulong)(i + 1) << 24) + 1, Epoch.AddDays(i)))).ToList();
        var young = Set(SetKind.Full, Id(Epoch.AddDays(10)), Epoch.AddDays(40), Facts(1, 1 << 20, (1 << 20) + 1, Epoch.AddDays(10), "7000000000000000002"));
        var all = BackupSetOrder.Sort([.. old, young]);
        // The window still reaches into the old cluster's life: its last full is what its instants rest on.
        Assert.Equal(old.Take(2), SetRetention.Expired(all, Epoch.AddDays(12), Window, null));
        Assert.Equal(old, SetRetention.Expired(all, Epoch.AddDays(18), Window, null));
    }
}
