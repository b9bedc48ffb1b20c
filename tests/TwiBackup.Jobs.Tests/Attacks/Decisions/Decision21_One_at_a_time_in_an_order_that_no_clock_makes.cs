using TwiBackup.Catalog;
using TwiBackup.Retention;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>Cloud schedulers start a job twice, and clocks are wrong.</summary>
public sealed class Decision21_One_at_a_time_in_an_order_that_no_clock_makes
{
    [Fact]
    public async Task Of_jobs_that_start_in_the_same_moment_one_is_taken_and_the_others_name_it()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows as select generate_series(1, 1000) id");
        const int AtOnce = 3;
        var jobs = Enumerable.Range(0, AtOnce).Select(_ => Task.Run(() => source.BackUpAsync())).ToList();
        await Task.WhenAll(jobs).ContinueWith(_ => { }, TaskScheduler.Default);
        var taken = jobs.Where(j => j.IsCompletedSuccessfully).Select(j => j.Result.Id).ToList();
        Assert.NotEmpty(taken);
        // One that came when the first had ended is a backup as good as that.
        Assert.Equal(taken.Order(StringComparer.Ordinal), (await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation)).Order(StringComparer.Ordinal));
        Assert.All(jobs.Where(j => j.IsFaulted), job =>
        {
            var refused = Assert.IsType<TwiBackupException>(job.Exception!.InnerException);
            Assert.Contains("Another full backup", refused.Message, StringComparison.Ordinal);
        });
        Assert.Equal("0", await source.AskAsync("select count(*) from pg_replication_slots"));
        await source.BackUpAsync();
        Tally.Add("full backups started at once", (AtOnce, "jobs"));
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(-299, true)]
    [InlineData(302, false)]
    [InlineData(-302, false)]
    public async Task Five_minutes_off_is_the_most_that_a_clock_may_be_for_a_set_and_for_letting_go(int seconds, bool may)
    {
        await using var store = TestStores.NewFileStore();
        var catalog = new SetCatalog(store.Store, SampleSets.System, SampleSets.NewKeys());
        var clock = new ShiftedClock(TimeSpan.FromSeconds(seconds));
        Func<Task>[] attempts =
        [
            () => SetWriter.BeginAsync(catalog, SetKind.Logs, clock, SampleSets.Cancellation),
            () => new Pruner(catalog, TimeSpan.FromDays(7), null, clock).RunAsync(false, SampleSets.Cancellation),
        ];
        foreach (var attempt in attempts)
        {
            if (may)
                await attempt();
            else
                Assert.Contains("NTP", (await Assert.ThrowsAsync<TwiBackupException>(attempt)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Sets_of_one_cluster_are_in_the_order_of_their_WAL_whatever_their_jobs_believed_the_time_was()
    {
        var random = new Random(Tally.Seed());
        for (var round = 0; round < 200; round++)
        {
            var sets = Enumerable.Range(1, 8)
                .Select(n => SampleSets.Set(
                    SetKind.Full, SampleSets.Id(SampleSets.Epoch.AddMinutes(random.Next(-10000, 10000)), random.Next(0xffff)), SampleSets.Epoch,
                    SampleSets.Facts((uint)(1 + (n / 4)), (ulong)n << 20, ((ulong)n << 20) + 0x100, SampleSets.Epoch.AddMinutes(random.Next(-10000, 10000)))))
                .ToArray();
            var shuffled = sets.ToArray();
            random.Shuffle(shuffled);
            Assert.Equal(sets.Select(s => s.StopLsn), BackupSetOrder.Sort(shuffled).Select(s => s.StopLsn));
        }
    }
}
