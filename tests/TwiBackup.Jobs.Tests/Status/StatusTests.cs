using System.Text.Json;
using TwiBackup.Alerts;
using TwiBackup.Catalog;
using TwiBackup.Sealing;
using TwiBackup.Status;
using TwiBackup.Stores;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Scheduling;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Status;

/// <summary>Status of a real store, with sets and WAL as jobs leave them.</summary>
public sealed class StatusTests : IAsyncDisposable
{
    private const int Size = 1 << 20;

    private static readonly WalLayout Layout = new(SampleSets.System, 15, 7000000000000000001);

    private readonly TestStore primary = TestStores.NewFileStore();
    private readonly TestStore replica = TestStores.NewFileStore();
    private readonly KeyRing keys = SampleSets.NewKeys();
    private readonly SigningKey verifier = SigningKey.Generate();
    private readonly ManualClock clock = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => clock.GetUtcNow();

    public async ValueTask DisposeAsync()
    {
        await primary.DisposeAsync();
        await replica.DisposeAsync();
    }

    [Fact]
    public async Task An_empty_store_misses_everything_that_was_promised()
    {
        var status = await ReadAsync();
        Assert.Equal(["full", "wal", "restore point"], status.Components.Select(c => c.Name));
        Assert.Equal(ComponentState.Missed, Of(status, "full").State);
        Assert.Equal(ComponentState.Missed, Of(status, "wal").State);
        Assert.Null(status.Recoverable);
        Assert.Contains("holds no full", status.FullNeeded, StringComparison.Ordinal);
        Assert.Equal(ExitCode.ObjectiveMissed, StatusCheck.CodeOf(status));
        Assert.StartsWith("MISSED twi: full: there is none; take one: twibackup backup database; wal: ", StatusCheck.LineOf(status), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_set_that_was_just_written_is_good_and_says_what_a_restore_reads()
    {
        var set = await SampleSets.WriteAsync(Catalog(), SetKind.Full, ("base.0000.tar.zst.age", new byte[5000]));
        await SegmentsAsync(1, 0x10, 0x11, 0x12);
        clock.Jump(TimeProvider.System.GetUtcNow() - Now);
        var status = await ReadAsync();
        var full = Of(status, "full");
        Assert.Equal((ComponentState.Good, set.Id, 5000L, set.Manifest.StoredBytes), (full.State, full.Id, full.PlainBytes!.Value, full.StoredBytes!.Value));
        Assert.InRange(full.AgeSeconds!.Value, 0, 120);
        var wal = Of(status, "wal");
        Assert.Equal((ComponentState.Good, 3 * 100L), (wal.State, wal.RestoreBytes!.Value));
        Assert.Equal("0/1300000", status.Recoverable!.Lsn);
        // What was stored at T is complete up to T less the flush interval.
        Assert.InRange(wal.AgeSeconds!.Value, 10, 130);
        Assert.Null(status.FullNeeded);
        var line = StatusCheck.LineOf(status);
        Assert.StartsWith("OK twi: recoverable to ", line, StringComparison.Ordinal);
        Assert.Contains(" | full_age=", line, StringComparison.Ordinal);
        Assert.Matches("wal_age=[0-9]+s;;3600", line);
        Assert.Equal(ExitCode.Done, StatusCheck.CodeOf(status));
    }

    [Fact]
    public async Task WAL_that_stopped_coming_misses_the_RPO()
    {
        await PlantAsync(Now);
        await SegmentsAsync(1, 0x10);
        clock.Jump(TimeSpan.FromMinutes(50));
        Assert.Equal(ComponentState.Good, Of(await ReadAsync(), "wal").State);
        clock.Jump(TimeSpan.FromMinutes(12));
        var wal = Of(await ReadAsync(), "wal");
        Assert.Equal(ComponentState.Missed, wal.State);
        Assert.Contains("1h is promised", wal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mark_of_an_idle_server_keeps_it_recoverable_to_then()
    {
        await PlantAsync(Now);
        await SegmentsAsync(1, 0x10);
        clock.Jump(TimeSpan.FromHours(3));
        await PutAsync(primary, Layout.Mark(1, new WalMark(Now.AddMinutes(-1), new TwiBackup.Postgres.Lsn(0x1100000))));
        var wal = Of(await ReadAsync(), "wal");
        Assert.Equal(ComponentState.Good, wal.State);
        Assert.InRange(wal.AgeSeconds!.Value, 59, 61);
    }

    [Fact]
    public async Task A_gap_in_the_WAL_ends_what_is_recoverable_and_asks_for_a_full()
    {
        await PlantAsync(Now);
        await SegmentsAsync(1, 0x10, 0x11, 0x13);
        var status = await ReadAsync();
        Assert.Equal("0/1200000", status.Recoverable!.Lsn);
        Assert.Equal(ComponentState.Missed, Of(status, "wal").State);
        Assert.Contains("WAL after 0/1200000 on timeline 1 is missing", status.FullNeeded, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_younger_timeline_is_followed_and_asks_for_a_full()
    {
        await PlantAsync(Now);
        await SegmentsAsync(1, 0x10, 0x11, 0x12);
        await SegmentsAsync(2, 0x12, 0x13);
        var status = await ReadAsync();
        Assert.Equal((2u, 1u, "0/1400000"), (status.Recoverable!.Timeline, status.Recoverable.FullTimeline, status.Recoverable.Lsn));
        Assert.Equal("timeline 2 has no full", status.FullNeeded);
        Assert.Equal(ComponentState.Good, Of(status, "wal").State);
        await PlantAsync(Now.AddSeconds(1), SampleSets.Facts(2, 0x1300100, 0x1300200, Now));
        Assert.Null((await ReadAsync()).FullNeeded);
    }

    [Fact]
    public async Task Another_cluster_asks_for_a_full()
    {
        await PlantAsync(Now);
        await PutAsync(primary, new WalLayout(SampleSets.System, 15, 7000000000000000002).ClusterFacts(Size));
        Assert.Equal("cluster 15-7000000000000000002 sends WAL and has no full", (await ReadAsync()).FullNeeded);
    }

    [Fact]
    public async Task A_full_that_did_not_come_is_overdue_after_a_grace()
    {
        var last = new DateTimeOffset(Now.UtcDateTime.Date.AddHours(2), TimeSpan.Zero);
        await PlantAsync(last);
        clock.Jump(last.AddHours(24).AddMinutes(14) - Now);
        Assert.Equal(ComponentState.Good, Of(await ReadAsync(), "full").State);
        clock.Jump(TimeSpan.FromMinutes(2));
        var full = Of(await ReadAsync(), "full");
        Assert.Equal((ComponentState.Missed, (DateTimeOffset?)last.AddHours(24), (DateTimeOffset?)last.AddHours(24)), (full.State, full.NextRun, full.OverdueSince));
    }

    [Fact]
    public async Task A_forged_set_is_told_and_counts_for_nothing()
    {
        await PlantAsync(Now.AddDays(-20));
        await SampleSets.PlantAsync(primary.Store, SampleSets.NewKeys(), SetKind.Full, Manifest(Now));
        var full = Of(await ReadAsync(), "full");
        Assert.Equal((ComponentState.Missed, 1), (full.State, full.Count));
        Assert.StartsWith("1 set is refused", full.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verifications_are_told_with_the_set_and_a_failed_one_is_no_good_state()
    {
        var id = (await PlantAsync(Now)).Id;
        await SegmentsAsync(1, 0x10);
        await VerifiedAsync(id, Now.AddMinutes(-5), proven: true);
        var full = Of(await ReadAsync(), "full");
        Assert.Equal(ComponentState.Good, full.State);
        Assert.InRange((full.ProvenAt!.Value - Now.AddMinutes(-5)).Duration().TotalSeconds, 0, 1);
        Assert.Equal(12.5, full.RestoreSeconds);
        await VerifiedAsync(id, Now.AddMinutes(-1), proven: false);
        full = Of(await ReadAsync(), "full");
        Assert.Equal(ComponentState.Missed, full.State);
        Assert.Contains("amcheck: index broken", full.Detail, StringComparison.Ordinal);
        Assert.NotNull(full.ProvenAt);
    }

    [Fact]
    public async Task A_verification_that_is_overdue_is_missed_and_a_first_one_has_time()
    {
        const string Weekly = "\"verification\": { \"schedule\": \"0 3 * * 0\" }, \"rehearsal\": { \"schedule\": \"0 6 1 1,4,7,10 *\" },";
        await PlantAsync(Now);
        var status = await ReadAsync(extra: Weekly);
        Assert.Equal((ComponentState.Good, ComponentState.Good), (Of(status, "verification").State, Of(status, "rehearsal").State));
        clock.Jump(TimeSpan.FromDays(7.1));
        status = await ReadAsync(extra: Weekly);
        Assert.Equal(ComponentState.Missed, Of(status, "verification").State);
        Assert.Contains("nothing was verified", Of(status, "verification").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_restore_would_take_follows_the_rate_that_was_measured_and_the_WAL_since()
    {
        // The set has 10 bytes of plain text; 12.5 s were measured with nothing replayed.
        var set = await PlantAsync(Now);
        await VerifiedAsync(set.Id, Now, proven: true);
        var full = Of(await ReadAsync(), "full");
        Assert.Equal((12.5, 7200.0), (full.ExpectedRestoreSeconds!.Value, full.RestoreObjectiveSeconds!.Value));
        // From the stop LSN on a MiB less 256 bytes is to be replayed, at 0.8 bytes a second.
        await SegmentsAsync(1, 0x10);
        full = Of(await ReadAsync(), "full");
        Assert.Equal((10 + (1 << 20) - 0x100) / 0.8, full.ExpectedRestoreSeconds!.Value, 0.1);
    }

    [Fact]
    public async Task A_restore_that_took_longer_than_is_promised_is_missed()
    {
        var set = await PlantAsync(Now);
        await VerifiedAsync(set.Id, Now.AddMinutes(-2), proven: true, seconds: 7201);
        var full = Of(await ReadAsync(), "full");
        Assert.Equal(ComponentState.Missed, full.State);
        Assert.Contains("took 2 h, and 2h is promised", full.Detail, StringComparison.Ordinal);
        await VerifiedAsync(set.Id, Now.AddMinutes(-1), proven: true);
        Assert.Equal(ComponentState.Good, Of(await ReadAsync(), "full").State);
    }

    [Fact]
    public async Task A_disaster_that_was_not_survived_is_no_good_state_until_that_one_was()
    {
        const string Quarterly = "\"rehearsal\": { \"schedule\": \"0 6 1 1,4,7,10 *\" },";
        await PlantAsync(Now);
        List<RehearsalOutcome> outcomes = [new("a", "lost-host", Now.AddHours(-3), "database lost 2 h")];
        outcomes.Add(new RehearsalOutcome("b", "ransomware", Now.AddHours(-2), null));
        var rehearsal = Of(await ReadAsync(extra: Quarterly, rehearsals: outcomes), "rehearsal");
        Assert.Equal((ComponentState.Missed, "b", 2), (rehearsal.State, rehearsal.Id, rehearsal.Count));
        Assert.Contains("lost-host, a, missed: database lost 2 h", rehearsal.Detail, StringComparison.Ordinal);
        outcomes.Add(new RehearsalOutcome("c", "lost-host", Now.AddHours(-1), null));
        Assert.Equal(ComponentState.Good, Of(await ReadAsync(extra: Quarterly, rehearsals: outcomes), "rehearsal").State);
    }

    [Fact]
    public async Task Sets_that_are_not_whole_in_the_replica_are_listed()
    {
        var whole = await PlantAsync(Now.AddHours(-2));
        var cut = await PlantAsync(Now.AddHours(-1));
        var absent = await PlantAsync(Now.AddMinutes(-30));
        foreach (var set in (BackupSet[])[whole, cut])
            await CopyAsync(set.Manifest.Prefix);
        await replica.Store.DeleteAsync(cut.Key(cut.Manifest.Objects[0]), null, Cancellation);
        await replica.Store.PutBytesAsync(cut.Key(cut.Manifest.Objects[0]), new byte[99], PutCondition.Replace, Cancellation);
        await CopyAsync(Layout.Root);
        var status = await ReadAsync(withReplica: true);
        Assert.Equal([$"full/{cut.Id}", $"full/{absent.Id}"], status.Replica!.Missing);
        Assert.Equal((1, ComponentState.Missed), (status.Replica.Count, status.Replica.State));
        Assert.Equal(whole.Id, status.Replica.Recoverable!.FullId);
        Assert.Contains("replica: ", StatusCheck.LineOf(status), StringComparison.Ordinal);

        await CopyAsync(cut.Manifest.Prefix);
        await CopyAsync(absent.Manifest.Prefix);
        status = await ReadAsync(withReplica: true);
        Assert.Empty(status.Replica!.Missing);
        Assert.Equal(ComponentState.Good, status.Replica.State);
    }

    [Fact]
    public async Task A_replica_that_does_not_answer_can_not_be_told()
    {
        await PlantAsync(Now);
        await SegmentsAsync(1, 0x10);
        Directory.Delete(replica.Root, recursive: true);
        var status = await ReadAsync(withReplica: true);
        Assert.Equal(ComponentState.Unknown, status.Replica!.State);
        Assert.Equal(ExitCode.Failed, StatusCheck.CodeOf(status));
        Assert.StartsWith("UNKNOWN twi: replica: ", StatusCheck.LineOf(status), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_is_asked_again_sees_what_came_and_what_went()
    {
        var reader = Reader(withReplica: false, "");
        var first = await PlantAsync(Now.AddHours(-2));
        Assert.Equal(first.Id, Of(await reader.ReadAsync(Cancellation), "full").Id);
        var second = await PlantAsync(Now.AddHours(-1), SampleSets.Facts(1, 0x1000200, 0x1000300, Now));
        Assert.Equal(second.Id, Of(await reader.ReadAsync(Cancellation), "full").Id);
        foreach (var name in (string[])[CatalogKeys.ManifestName, CatalogKeys.SignatureName])
            await primary.Store.DeleteAsync(second.Manifest.Prefix + name, null, Cancellation);
        Assert.Equal(first.Id, Of(await reader.ReadAsync(Cancellation), "full").Id);
    }

    [Fact]
    public async Task The_metrics_are_text_that_Prometheus_reads_and_replace_the_file_at_once()
    {
        await PlantAsync(Now);
        await SegmentsAsync(1, 0x10);
        var text = new PrometheusText();
        StatusMetrics.Add(text, await ReadAsync(withReplica: true));
        var file = Path.Combine(primary.Root, "twi.prom");
        await text.WriteAsync(file, Cancellation);
        await text.WriteAsync(file, Cancellation);
        var lines = await File.ReadAllLinesAsync(file, Cancellation);
        var samples = lines.Where(l => !l.StartsWith('#')).ToList();
        Assert.All(samples, l => Assert.Matches("^twibackup_[a-z_]+\\{system=\"twi\"(,[a-z]+=\"[^\"]*\")*\\} -?[0-9.E+]+$", l));
        Assert.Equal(samples.Count, samples.Select(l => l[..l.IndexOf("} ", StringComparison.Ordinal)]).Distinct().Count());
        Assert.Equal(lines.Count(l => l.StartsWith("# TYPE", StringComparison.Ordinal)), samples.Select(l => l[..l.IndexOf('{')]).Distinct().Count());
        Assert.Contains(samples, l => l.StartsWith("twibackup_recoverable_age_seconds{system=\"twi\",store=\"primary\"}", StringComparison.Ordinal));
        Assert.Contains(samples, l => l.StartsWith("twibackup_set_age_seconds{system=\"twi\",component=\"full\"}", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(primary.Root, "*.tmp"));
    }

    [Fact]
    public async Task The_JSON_says_what_the_status_says()
    {
        await PlantAsync(Now);
        var status = await ReadAsync();
        var json = JsonDocument.Parse(JsonSerializer.Serialize(status, StatusJson.Default.SystemStatus)).RootElement;
        Assert.Equal("twibackup-status-1", json.GetProperty("format").GetString());
        Assert.Equal("Good", json.GetProperty("components")[0].GetProperty("state").GetString());
        Assert.Equal(status.Recoverable!.FullId, json.GetProperty("recoverable").GetProperty("fullId").GetString());
    }

    private static ComponentStatus Of(SystemStatus status, string name) => status.Components.Single(c => c.Name == name);

    private SetCatalog Catalog() => new(primary.Store, SampleSets.System, keys);

    private Task<SystemStatus> ReadAsync(bool withReplica = false, string extra = "", IReadOnlyList<RehearsalOutcome>? rehearsals = null) =>
        Reader(withReplica, extra, rehearsals).ReadAsync(Cancellation);

    private StatusReader Reader(bool withReplica, string extra, IReadOnlyList<RehearsalOutcome>? rehearsals = null) => new(
        TestPolicy.Parse(extra: extra), Catalog(), withReplica ? new SetCatalog(replica.Store, SampleSets.System, keys) : null,
        new VerificationLog(primary.Store, SampleSets.System, [verifier.Public]), clock, _ => Task.FromResult(rehearsals ?? []));

    private static Manifest Manifest(DateTimeOffset at, SourceFacts? facts = null) =>
        SampleSets.Manifest(SetKind.Full, SampleSets.Id(at), at.AddDays(30), facts ?? SampleSets.Facts(1, 0x1000000, 0x1000100, at)) with { StartedAt = at, CompletedAt = at };

    private Task<BackupSet> PlantAsync(DateTimeOffset at, SourceFacts? facts = null) =>
        SampleSets.PlantAsync(primary.Store, keys, SetKind.Full, Manifest(at, facts), "base.0000.tar.zst.age");

    private async Task SegmentsAsync(uint timeline, params ulong[] numbers)
    {
        await PutAsync(primary, Layout.ClusterFacts(Size));
        foreach (var number in numbers)
            await PutAsync(primary, Layout.Segment(new TwiBackup.Postgres.WalSegment(timeline, number, Size).Name, new string('a', 32)));
    }

    private static async Task PutAsync(TestStore test, string key) => await test.Store.TryPutBytesAsync(key, new byte[100], Cancellation);

    private Task VerifiedAsync(string id, DateTimeOffset at, bool proven, double seconds = 12.5) => new VerificationLog(primary.Store, SampleSets.System, [verifier.Public]).WriteAsync(
        new VerificationRecord
        {
            Format = VerificationRecord.CurrentFormat,
            System = SampleSets.System,
            Id = SetId.Create(at),
            Kind = "full",
            SetId = id,
            Proven = proven,
            Failed = !proven,
            StartedAt = at,
            CompletedAt = at,
            Target = "the newest",
            RestoreSeconds = seconds,
            Checks = proven ? [] : [new Check("amcheck", false, "index broken")],
        },
        verifier, Cancellation);

    private async Task CopyAsync(string prefix)
    {
        var copied = new List<string>();
        await foreach (var info in primary.Store.ListAsync(prefix, null, Cancellation))
            copied.Add(info.Key);
        foreach (var key in copied)
            await replica.Store.PutBytesAsync(key, await primary.Store.ReadBytesAsync(key, 1 << 20, Cancellation), PutCondition.Replace, Cancellation);
    }
}
