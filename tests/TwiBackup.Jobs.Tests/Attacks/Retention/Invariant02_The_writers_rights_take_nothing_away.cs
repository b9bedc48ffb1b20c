using System.Diagnostics;
using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Tests.Attacks.Kill;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Retention;

/// <summary>
/// One long life on S3 whose days take seconds: fulls, WAL, prunes, and the lifecycle that acts on their tags, while somebody with the
/// writer's rights overwrites, hides, floods and plants every day. Each instant of the window stays recoverable; in the end everything is
/// hidden, and restored all the same; and what has expired is gone, old versions and markers included.
/// </summary>
public sealed class Invariant02_The_writers_rights_take_nothing_away
{
    private const int SegmentSize = 1 << 20;
    private const int RowsAStep = 500;

    [Fact]
    public async Task A_life_under_attack_is_recovered_and_what_expired_is_gone()
    {
        var random = new Random(Tally.Seed());
        await using var server = await S3TestServer.StartOwnAsync(onDisk: false, FastDays.Day);
        await using var system = await CommandLine.StartAsync(
            CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, await TestStores.NewS3StoreAsync(server, prefix: "life"));
        await system.ChangePolicyAsync(policy =>
        {
            policy["backups"]!["full"]!["keep"] = FastDays.Days(FastDays.KeepFull);
            policy["backups"]!["incremental"]!["keep"] = FastDays.Days(FastDays.KeepWal);
            policy["backups"]!["incremental"]!["flushInterval"] = "200ms";
            policy["recoveryWindow"] = FastDays.Days(FastDays.Window);
        });
        var bucket = system.Store.Bucket!;
        var folder = $"life/{CommandLine.System}/";
        using var owner = TestStores.NewClient(server, "owner");
        await FastDays.PutRulesAsync(owner, bucket, folder);
        using var attacker = await BucketAttacker.EnterAsync(server, bucket, folder, random);
        await system.Server.ExecuteAsync("app", "create table kept(id int, t text)");
        var layout = await WalBytes.LayoutAsync(system.Server, CommandLine.System);
        var instants = new List<Instant>();
        var (proven, sets) = (0, new HashSet<string>(StringComparer.Ordinal));
        var days = Tally.Rounds(10, 60);
        await using (var receiver = new ReceiverProcess(system))
        {
            await receiver.StartAsync();
            for (var day = 0; day < days; day++)
            {
                var begun = Stopwatch.StartNew();
                await WriteAsync(system);
                Done(await system.RunAsync("backup", "database"));
                sets.UnionWith(await system.Catalog.ListIdsAsync(SetKind.Full, CommandLine.Cancellation));
                await WriteAsync(system);
                instants.Add(await InstantAsync(system));
                await receiver.CatchUpAsync(instants[^1].Lsn);
                await attacker.StrikeAsync(6);
                await PruneAsync(system);
                proven += await ProveWindowAsync(system, layout, instants);
                // The day takes its time: it is the server's lifecycle that waits for it.
                if (FastDays.Length > begun.Elapsed)
                    await Task.Delay(FastDays.Length - begun.Elapsed, CommandLine.Cancellation);
            }

            await system.Server.ExecuteAsync("app", "select pg_switch_wal()");
            await receiver.CatchUpAsync(Lsn.Parse(await system.Server.ScalarAsync("select pg_current_wal_flush_lsn()")));
            Done(await receiver.StopAsync());
        }

        var newest = (await system.Catalog.ListAsync(SetKind.Full, CommandLine.Cancellation)).Sets[^1];
        await attacker.CannotDestroyAsync($"life/{newest.Manifest.Prefix}{CatalogKeys.ManifestName}");
        await attacker.HideAllAsync();
        await RestoreAsync(system, instants[^2], "--at", instants[^2].At);
        await RestoreAsync(system, instants[^1]);
        Done(await system.RunAsync("verify", "database", "--scratch", system.Folder));

        Assert.True(sets.Count >= days, $"{sets.Count} sets in {days} days");
        await UntilExpiredIsGoneAsync(system, newest, owner, bucket, folder, attacker, layout);
        // The newest is past its time, too, and is restored when asked for.
        await RestoreAsync(system, instants[^1], "--id", newest.Id);
        Tally.Add(
            "a life on S3 with lifecycle, versions, and an attacker with the writer's rights", (days, "days"), (attacker.Overwritten, "overwritten"),
            (attacker.Hidden, "hidden"), (attacker.Planted, "planted"), (proven, "instants proven"), (sets.Count - 1, "sets that expired"), (3, "restores"));
    }

    private static void Done(CommandLine.Outcome outcome) => Assert.True(outcome.ExitCode == 0, outcome.Errors);

    /// <summary>What the attacker owns on a server with ACLs can't be tagged, and that is an objective missed.</summary>
    private static async Task PruneAsync(CommandLine system)
    {
        var outcome = await system.RunAsync("prune");
        if (outcome.ExitCode == (int)ExitCode.ObjectiveMissed)
            Assert.Contains("these were put by somebody else", outcome.Errors, StringComparison.Ordinal);
        else
            Done(outcome);
    }

    private static Task WriteAsync(CommandLine system) => system.Server.ExecuteAsync(
        "app", $"insert into kept select g, md5(g::text) from generate_series(1, {RowsAStep}) g", "select pg_switch_wal()");

    private static async Task<Instant> InstantAsync(CommandLine system)
    {
        var rows = await system.Server.ScalarAsync("select count(*) from kept", "app");
        var answer = (await system.Server.ScalarAsync(
            "select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || ' ' || pg_current_wal_flush_lsn()")).Split(' ');
        return new Instant(answer[0], Lsn.Parse(answer[1]), rows);
    }

    /// <summary>Each instant of the window has a full before it that opens, and all WAL from there.</summary>
    private static async Task<int> ProveWindowAsync(CommandLine system, WalLayout layout, List<Instant> instants)
    {
        var listing = await system.Catalog.ListAsync(SetKind.Full, CommandLine.Cancellation);
        var chain = await WalChain.LoadAsync(system.Store.Store, layout, CommandLine.Cancellation, behindMarkers: true);
        var opened = new HashSet<string>(StringComparer.Ordinal);
        var proven = 0;
        foreach (var instant in instants.Where(i => i.Time > DateTimeOffset.UtcNow - FastDays.Window * FastDays.Length))
        {
            var full = listing.Sets.LastOrDefault(set => Lsn.Parse(set.Manifest.Database!.StopLsn!) <= instant.Lsn);
            Assert.True(full is not null, $"no full for {instant.At}; refused: {string.Join(" ", listing.Refused)}");
            var proof = chain.Prove(Lsn.Parse(full.Manifest.Database!.StartLsn!), TimelineHistory.WithoutParent(1), instant.Lsn);
            Assert.True(proof.Whole, $"{instant.At}: {proof.Message}");
            if (!opened.Add(full.Id))
                continue;
            foreach (var entry in full.Manifest.Objects)
            {
                await SetObjects.ReadAsync(
                    system.Catalog, full, entry, async stream =>
                    {
                        await stream.CopyToAsync(Stream.Null, CommandLine.Cancellation);
                        return true;
                    },
                    SilentProgress.Instance, CommandLine.Cancellation);
            }

            proven++;
        }

        return proven;
    }

    private static async Task RestoreAsync(CommandLine system, Instant instant, params string[] options)
    {
        var directory = Path.Combine(system.Folder, "again");
        // The system goes on beside: which of its timelines is meant has to be said once another restore has claimed one.
        Done(await system.RunAsync(["restore", "database", directory, "--no-slot", "--timeline", "1", .. options]));
        await RestoredRows.CheckAsync(directory, instant.Rows);
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Goes on pruning until of all sets but the newest, and of the WAL before it, nothing is left but what the attacker made.</summary>
    private static async Task UntilExpiredIsGoneAsync(
        CommandLine system, BackupSet newest, AmazonS3Client owner, string bucket, string folder, BucketAttacker attacker, WalLayout layout)
    {
        var start = WalSegment.Containing(Lsn.Parse(newest.Manifest.Database!.StartLsn!), 1, SegmentSize);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            await PruneAsync(system);
            var left = await LeftAsync();
            if (left.Count == 0)
                break;
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(3), $"still there: {string.Join(" ", left.Take(5))} and {left.Count} in all");
            await Task.Delay(FastDays.Length / 2, CommandLine.Cancellation);
        }

        var remaining = Assert.Single((await system.Catalog.ListAsync(SetKind.Full, CommandLine.Cancellation)).Sets);
        Assert.Equal(newest.Id, remaining.Id);

        async Task<List<string>> LeftAsync()
        {
            var found = new List<string>();
            var request = new ListVersionsRequest { BucketName = bucket, Prefix = folder };
            ListVersionsResponse page;
            do
            {
                page = await owner.ListVersionsAsync(request, CommandLine.Cancellation);
                found.AddRange((page.Versions ?? [])
                    .Where(version => version.IsDeleteMarker != true && !attacker.Made(version) && HasExpired(version.Key["life/".Length..]))
                    .Select(version => version.Key));
                (request.KeyMarker, request.VersionIdMarker) = (page.NextKeyMarker, page.NextVersionIdMarker);
            }
            while (page.IsTruncated == true);
            return found;
        }

        bool HasExpired(string key) => CatalogKeys.TryParse(CommandLine.System, SetKind.Full, key, out var id, out _)
            ? id != newest.Id
            : layout.TryParse(key, out var wal) && wal!.Kind is WalObjectKind.Segment or WalObjectKind.Tail
                && string.CompareOrdinal(wal.Segment, start.Name) < 0;
    }

    /// <summary>An instant, and what the database held then.</summary>
    private sealed record Instant(string At, Lsn Lsn, string Rows)
    {
        public DateTimeOffset Time => DateTimeOffset.Parse(At, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
    }
}
