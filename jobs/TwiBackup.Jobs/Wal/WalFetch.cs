using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>
/// restore_command (<see href="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RESTORE-COMMAND">PostgreSQL</see>):
/// brings one file of the archive to where the server wants it. Writes nothing to the store. "It is not there" is only said when that is
/// the archive's end, and never because something could not be read; see <see cref="WalFetchResult"/>.
/// </summary>
public sealed class WalFetch(IObjectStore store, KeyRing keys, WalLayout layout, WalFetchOptions options, Action<string> say)
{
    private readonly SignedObjects _objects = new(store, keys);
    private readonly WalListing _listing = new(store, layout);
    private int _segmentSize = options.SegmentSize;
    private TimelineHistory? _target;

    /// <summary>
    /// Fetches <paramref name="name"/> into <paramref name="destination"/>: verified, synced, then renamed into place.
    /// Throws for everything but "fetched" and "the end".
    /// </summary>
    public async Task<WalFetchResult> FetchAsync(string name, string destination, CancellationToken cancellationToken)
    {
        if (!WalFileName.TryParse(name, out var file) || file.Kind == WalFileKind.Partial)
            throw new TwiBackupException(ExitCode.WrongUse, $"\"{name}\" is no file that recovery asks for. Use: wal fetch %f %p");
        var temporary = destination + ".twibackup";
        try
        {
            if (!await FetchIntoAsync(file, temporary, cancellationToken))
                return WalFetchResult.NotThere;
            File.Move(temporary, destination, true);
            return WalFetchResult.Fetched;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>As <see cref="FetchAsync"/> for a segment, without syncing: for a folder that is lost with the server anyway.</summary>
    internal async Task<bool> FetchSegmentAsync(string segment, string path, CancellationToken cancellationToken) =>
        await FetchIntoAsync(new WalFileName(WalFileKind.Segment, 0, segment, 0), path, cancellationToken, sync: false);

    private async Task<bool> FetchIntoAsync(WalFileName name, string path, CancellationToken cancellationToken, bool sync = true)
    {
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        var there = name.Kind switch
        {
            WalFileKind.History => await ReadHistoryAsync(name.Timeline, file, cancellationToken),
            WalFileKind.BackupLabel => await ReadLabelAsync(name, file, cancellationToken),
            _ => await ReadSegmentAsync(name.Segment, file, cancellationToken),
        };
        if (there && sync)
            file.Flush(true);
        return there;
    }

    private async Task<bool> ReadHistoryAsync(uint timeline, FileStream file, CancellationToken cancellationToken)
    {
        // Asked for when another timeline branches from the first, which has none.
        if (timeline == 1)
            return false;
        var found = await _listing.FindAsync(HistoryPrefix(timeline), cancellationToken);
        if (found.Exists(o => o.Kind == WalObjectKind.History))
        {
            try
            {
                await WalObjects.ReadHistoryAsync(_objects, layout, timeline, Copies(found), file, say, cancellationToken);
                return true;
            }
            catch (ObjectRefusedException e) when (options.Timeline < timeline)
            {
                // Behind the timeline that is followed PostgreSQL only asks which numbers are taken, and reads nothing of the file.
                say($"{e.Message} Timeline {timeline} counts as taken.");
                return true;
            }
        }

        // A number that is in use, or a higher one, without its history: something was lost.
        if (await _listing.FirstAsync(layout.TimelineFolder(timeline), null, o => o.Timeline == timeline, cancellationToken) is not null)
            return await TakenAsync(timeline, "WAL of that timeline", file, cancellationToken);
        return await HigherAsync(timeline, cancellationToken) is { } higher
            && await TakenAsync(timeline, $"{higher:X8}.history", file, cancellationToken);
    }

    /// <summary>
    /// A recovery along an older timeline asks only whether the number is free for its own: it is told that it is not. Any other needs
    /// what is lost.
    /// </summary>
    private async Task<bool> TakenAsync(uint timeline, string there, FileStream file, CancellationToken cancellationToken)
    {
        if (!(options.Timeline < timeline))
            throw new TwiBackupException($"{timeline:X8}.history is missing from {store.Location} though {there} is there. Restore with --timeline.");
        await file.WriteAsync("# This number is taken; the history itself is missing from the store.\n"u8.ToArray(), cancellationToken);
        return true;
    }

    private async Task<bool> ReadLabelAsync(WalFileName name, FileStream file, CancellationToken cancellationToken)
    {
        var label = (await _listing.FindAsync($"{layout.SegmentPrefix(name.Segment)}.{name.Offset:X8}.backup-", cancellationToken)).FirstOrDefault();
        if (label is null)
            return false;
        await _objects.ReadAsync(layout.BackupLabel(name.Segment, name.Offset, label.Hash), file, WalObjects.MaxHistory, say, cancellationToken);
        return true;
    }

    private async Task<bool> ReadSegmentAsync(string name, FileStream file, CancellationToken cancellationToken)
    {
        var found = await _listing.FindAsync(layout.SegmentPrefix(name), cancellationToken);
        var wholes = found.Where(o => o.Kind == WalObjectKind.Segment).ToList();
        var size = await SegmentSizeAsync(cancellationToken);
        // Nothing of this cluster is there.
        if (size == 0)
            return false;
        var segment = Parse(name, size);
        if (options.Until is { } until && segment.Start >= until)
            return false;
        if (wholes.Count + found.Count(o => o.Kind == WalObjectKind.Tail) == 0)
            return await LaterAsync(segment, cancellationToken) is { } later ? throw Missing(name, later) : false;

        var left = await LeftAtAsync(segment, cancellationToken);
        if (left <= segment.Start)
            return false;
        if (wholes.Count > 0)
            await ReadWholeAsync(name, wholes, size, file, cancellationToken);
        else if (!await ReadTailsAsync(segment, [.. found.Where(o => o.Kind == WalObjectKind.Tail)], file, cancellationToken))
            return false;
        // What has come behind the end that the restore was told of, by now perhaps in a whole segment, is as absent as what lies in later ones.
        if ((options.Until < segment.End && !(left < options.Until) ? options.Until : left) is { } end)
        {
            file.SetLength((long)(end - segment.Start));
            file.SetLength(segment.Size);
        }

        return true;
    }

    /// <summary>
    /// Where the target's path leaves the segment's timeline, in it or before it; null when it does not. What stands behind was abandoned there:
    /// PostgreSQL asks for a parent's segment when the one of the timeline itself is not stored, and would replay all of it.
    /// </summary>
    private async Task<Lsn?> LeftAtAsync(WalSegment segment, CancellationToken cancellationToken)
    {
        var path = await TargetPathAsync(segment, cancellationToken);
        return path.Path.Where(s => s.Timeline == segment.Timeline && s.End < segment.End).Select(s => (Lsn?)s.End).FirstOrDefault();
    }

    private async Task ReadWholeAsync(string name, List<WalObject> wholes, int size, FileStream file, CancellationToken cancellationToken)
    {
        string? first = null;
        ObjectRefusedException? refused = null;
        string? good = null;
        var isInFile = false;
        foreach (var whole in wholes)
        {
            file.Position = 0;
            var key = layout.Segment(name, whole.Hash);
            ObjectStatement statement;
            try
            {
                statement = await _objects.ReadAsync(key, file, WalObjectsLimit(size), say, cancellationToken);
            }
            catch (ObjectRefusedException e)
            {
                // Anybody who may write can put junk beside a segment; it is no reason to do without the signed one.
                refused ??= e;
                isInFile = false;
                continue;
            }

            (good, isInFile) = (key, true);
            if (!WalLayout.IsSegmentSize(statement.Length) || (size > 0 && statement.Length != size))
                throw new TwiBackupException($"{key} holds {statement.Length} bytes where a segment has {size}. Restore to before it.");
            first ??= statement.Sha256;
            if (first != statement.Sha256)
                throw new TwiBackupException($"WAL segment {name} is in {store.Location} with two contents: two servers wrote it. Restore to before it.");
        }

        if (good is null)
            throw refused!;
        if (refused is not null)
            say($"{refused.Message} What is signed beside it is used.");
        if (!isInFile)
        {
            file.Position = 0;
            await _objects.ReadAsync(good, file, WalObjectsLimit(size), null, cancellationToken);
        }

        file.SetLength(file.Position);
    }

    private async Task<bool> ReadTailsAsync(WalSegment segment, List<WalObject> tails, FileStream file, CancellationToken cancellationToken)
    {
        var dispensable = options.Needed > segment.Start ? (long)(options.Needed.Value - segment.Start) : options.Needed is null ? long.MaxValue : 0;
        var assembly = new TailAssembly(_objects, layout, segment.Name, dispensable, say);
        foreach (var tail in tails.Where(t => !IsPossible(t, segment)))
            say($"{layout.Tail(segment.Name, tail.Start, tail.End, tail.Hash)} claims more than a tail can hold: it was not written by TwiBackup and is left aside.");
        // Tails behind the accepted end are as absent as segments behind it.
        var wanted = tails.Where(t => IsPossible(t, segment) && !(options.Until <= segment.Start + (ulong)t.Start)).ToList();
        var end = await assembly.AssembleAsync(wanted, file, cancellationToken);
        if (end < segment.Size)
        {
            var reached = segment.Start + (ulong)end;
            if (!(options.Needed <= reached) && wanted.Any(t => t.Start > end))
                throw new TwiBackupException(
                    $"WAL segment {segment} has a hole at {reached} in {store.Location}; what is behind it can't be restored. Restore to before {reached}.");
            if (!(options.Until <= reached) && !(options.Needed <= reached) && await LaterAsync(segment, cancellationToken) is { } later && !EndsBefore(segment, reached))
                throw Missing(segment.Name, later);
            if (end == 0)
                return false;
        }

        file.SetLength(segment.Size);
        return true;
    }

    /// <summary>A name is believed before anything is opened, and memory is taken by it.</summary>
    private static bool IsPossible(WalObject tail, WalSegment segment) =>
        tail.End <= segment.Size && tail.End - tail.Start <= SegmentPipeline.LargestWhole;

    /// <summary>Whether the target's path leaves this timeline within this segment and everything up to there is present.</summary>
    private bool EndsBefore(WalSegment segment, Lsn reached) =>
        _target?.Path.Any(span => span.Timeline == segment.Timeline && span.End <= reached && span.End > segment.Start) ?? false;

    /// <summary>The name of any WAL on the target's path behind <paramref name="segment"/>, or null.</summary>
    private async Task<string?> LaterAsync(WalSegment segment, CancellationToken cancellationToken)
    {
        var path = await TargetPathAsync(segment, cancellationToken);
        foreach (var span in path.Path.Where(span => span.End > segment.Start && span.Timeline >= segment.Timeline))
        {
            var first = new WalSegment(span.Timeline, Math.Max(segment.Number + 1, span.Begin.Value / (ulong)segment.Size), segment.Size);
            if (span.End <= first.Start || (options.Until is { } until && until <= first.Start))
                continue;
            var later = await _listing.FirstWalAsync(first, o => Parse(o.Segment, segment.Size).Start < span.End, cancellationToken);
            if (later is not null)
                return later.Segment;
        }

        return null;
    }

    private async Task<TimelineHistory> TargetPathAsync(WalSegment segment, CancellationToken cancellationToken)
    {
        if (_target is not null)
            return _target;
        if (options.Timeline is { } wanted)
            return _target = await HistoryAsync(wanted, cancellationToken);
        var newest = segment.Timeline;
        while (await HigherAsync(newest, cancellationToken) is { } higher)
            newest = higher;
        var path = await HistoryAsync(newest, cancellationToken);
        // On a branch that the newest timeline does not come from, the branch itself is the target.
        var isOnPath = path.Path.Any(span => span.Timeline == segment.Timeline && span.End > segment.Start && span.Begin < segment.End);
        return _target = isOnPath ? path : await HistoryAsync(segment.Timeline, cancellationToken);
    }

    /// <summary>The next timeline with a history, or null; <c>~</c> sorts behind everything of a timeline's folder.</summary>
    private async Task<uint?> HigherAsync(uint timeline, CancellationToken cancellationToken)
    {
        var after = layout.TimelineFolder(timeline) + "~";
        if (await _listing.FirstAsync(layout.Root, after, o => o.Kind == WalObjectKind.History, cancellationToken) is { } current)
            return current.Timeline;
        return (await _listing.FindAsync(layout.History(timeline + 1), cancellationToken)).Count > 0 ? timeline + 1 : null;
    }

    private async Task<TimelineHistory> HistoryAsync(uint timeline, CancellationToken cancellationToken)
    {
        if (timeline == 1)
            return TimelineHistory.WithoutParent(1);
        var copies = Copies(await _listing.FindAsync(HistoryPrefix(timeline), cancellationToken));
        return await WalObjects.ReadHistoryAsync(_objects, layout, timeline, copies, cancellationToken);
    }

    /// <summary>What the keys of a history and its copies begin with.</summary>
    private string HistoryPrefix(uint timeline) => layout.History(timeline)[..^".zst.age".Length];

    private static List<string> Copies(List<WalObject> found) => [.. found.Where(o => o.Kind == WalObjectKind.HistoryCopy).Select(o => o.Hash)];

    private async Task<int> SegmentSizeAsync(CancellationToken cancellationToken)
    {
        if (_segmentSize == 0)
            _segmentSize = await ReadSegmentSizeAsync(cancellationToken);

        return _segmentSize != 0 || await _listing.FirstAsync(layout.Root, null, _ => true, cancellationToken) is null
            ? _segmentSize
            : throw new TwiBackupException($"{store.Location}/{layout.Root} holds WAL but not its cluster facts. Put them back from the replica.");
    }

    /// <summary>As the cluster facts say it whose signature is good: their name alone anybody can write.</summary>
    private async Task<int> ReadSegmentSizeAsync(CancellationToken cancellationToken)
    {
        TwiBackupException? refusal = null;
        foreach (var facts in await _listing.FindAsync(layout.Root + "cluster-", cancellationToken))
        {
            try
            {
                await _objects.ReadAsync(layout.ClusterFacts(facts.SegmentSize), Stream.Null, WalObjects.MaxHistory, say, cancellationToken);
                return facts.SegmentSize;
            }
            catch (ObjectRefusedException e)
            {
                refusal ??= e;
            }
        }

        return refusal is null ? 0 : throw refusal;
    }

    private static long WalObjectsLimit(int size) => size > 0 ? size : 1L << 30;

    private WalSegment Parse(string name, int size) => WalSegment.TryParse(name, size, out var segment)
        ? segment
        : throw new TwiBackupException($"{name} is no segment of {size} bytes. Was wal_segment_size of {layout.Cluster} changed?");

    private TwiBackupException Missing(string name, string later) => new(
        $"WAL segment {name} is missing from {store.Location}/{layout.Root} though {later} is there. Restore to a time before it.");
}
