using System.Globalization;

namespace TwiBackup.Wal;

/// <summary>
/// Fetches segments ahead of recovery into a folder on pg_wal's file system, so that restore_command only renames. Two at once, verified,
/// not synced (PostgreSQL does not sync what it restores either); a segment appears under its name only when it is whole. The last two that
/// recovery took stay as links in <c>kept</c>, because it asks for the last one again. Fetching ahead is a courtesy: what is not in the
/// folder, for whatever reason, is decided on by <c>wal fetch</c>.
/// </summary>
public sealed class WalPrefetcher(WalFetch fetch, string folder, IEnumerable<string> segments, int depth = 8, Action<string>? prepare = null)
{
    private const int AtOnce = 2;
    private const int Kept = 2;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly Queue<string> _waiting = new();
    private readonly Queue<string> _taken = new();

    private string KeptFolder => Path.Combine(folder, "kept");

    /// <summary>
    /// Runs until the segments end, the store has no more, something can't be fetched (which <c>wal fetch</c> then says to PostgreSQL), or
    /// <paramref name="stop"/>; does not throw for those. Stop it when recovery ended.
    /// </summary>
    public async Task<string?> RunAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(KeptFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var running = new Queue<(string Segment, Task<bool> Task)>();
        using var ahead = segments.GetEnumerator();
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var more = true;
        string? why = null;
        try
        {
            while (more || running.Count > 0)
            {
                while (more && running.Count < AtOnce && running.Count + Unread() < depth && (more = ahead.MoveNext()))
                    running.Enqueue((ahead.Current, fetch.FetchSegmentAsync(ahead.Current, Temporary(ahead.Current), failed.Token)));
                if (running.TryPeek(out var first) && (first.Task.IsCompleted || running.Count == AtOnce))
                {
                    if (!await first.Task)
                        break;
                    Place(first.Segment);
                    running.Dequeue();
                }
                else
                {
                    await Task.Delay(Look, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (Exception failure) when (failure is TwiBackupException or IOException or UnauthorizedAccessException)
        {
            why = failure.Message;
        }

        await failed.CancelAsync();
        foreach (var (segment, task) in running)
        {
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            File.Delete(Temporary(segment));
        }

        return why;
    }

    /// <summary>
    /// The restore_command: takes the prefetched file, or its kept copy, or asks <paramref name="program"/> (<c>wal fetch</c> with its
    /// options,
    /// each argument on its own). Every failure of its own is exit 126, so that PostgreSQL never takes it for the archive's end.
    /// </summary>
    public static string RestoreCommand(string folder, IReadOnlyList<string> program)
    {
        var place = Quote(folder);
        // A file that is under way is waited for, up to ten seconds, rather than fetched twice.
        return $"n=0; while [ -e {place}/%f.coming ] && [ $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done; "
            + $"if [ -f {place}/%f ]; then mv -f {place}/%f \"%p\" || exit 126; exit 0; fi; "
            + $"if [ -f {place}/kept/%f ]; then cp -f {place}/kept/%f \"%p\" || exit 126; exit 0; fi; "
            + $"exec {string.Join(' ', program.Select(Quote))} %f \"%p\"";
    }

    /// <summary>The segments of a path from the one that holds <paramref name="from"/>; ends with the path, or never.</summary>
    public static IEnumerable<string> Along(TimelineHistory path, Postgres.Lsn from, int segmentSize)
    {
        var number = from.Value / (ulong)segmentSize;
        while (true)
        {
            // A segment in which the timeline changes is read from the newer one.
            var last = new Postgres.Lsn((number + 1) * (ulong)segmentSize - 1);
            yield return new Postgres.WalSegment(path.TimelineAt(last), number++, segmentSize).Name;
        }
    }

    private string Temporary(string segment) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{segment}.coming"));

    private void Place(string segment)
    {
        var path = Path.Combine(folder, segment);
        // A server that runs as another account must be able to read it.
        prepare?.Invoke(Temporary(segment));
        // The copy first: recovery may take the file the moment it appears.
        HardLink.Create(Temporary(segment), Path.Combine(KeptFolder, segment));
        File.Move(Temporary(segment), path, true);
        _waiting.Enqueue(segment);
    }

    /// <summary>How many placed files recovery has not taken, dropping old copies of those it has.</summary>
    private int Unread()
    {
        while (_waiting.TryPeek(out var oldest) && !File.Exists(Path.Combine(folder, oldest)))
        {
            _taken.Enqueue(_waiting.Dequeue());
            if (_taken.Count > Kept)
                File.Delete(Path.Combine(KeptFolder, _taken.Dequeue()));
        }

        return _waiting.Count;
    }

    /// <summary>For sh, and for PostgreSQL, which reads % in the command.</summary>
    private static string Quote(string text) =>
        "'" + text.Replace("'", "'\\''", StringComparison.Ordinal).Replace("%", "%%", StringComparison.Ordinal) + "'";
}
