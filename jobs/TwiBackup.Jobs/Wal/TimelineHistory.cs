using System.Globalization;
using System.Text;
using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>
/// The ancestors of a timeline as its history file lists them, oldest first: each line holds the parent's number, the LSN where it was
/// left, and why (<see href="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES">timelines</see>).
/// </summary>
public sealed class TimelineHistory
{
    private static readonly Lsn End = new(ulong.MaxValue);

    private TimelineHistory(uint timeline, IReadOnlyList<TimelineSpan> path) => (Timeline, Path) = (timeline, path);

    /// <summary>The timeline whose history this is.</summary>
    public uint Timeline { get; }

    /// <summary>From LSN 0 on the first timeline to an open end on <see cref="Timeline"/>.</summary>
    public IReadOnlyList<TimelineSpan> Path { get; }

    /// <summary>The parent, or 0.</summary>
    public uint Parent => Path.Count > 1 ? Path[^2].Timeline : 0;

    /// <summary>Where the parent was left.</summary>
    public Lsn Switch => Path[^1].Begin;

    /// <summary>Timeline 1, or one whose history nobody has: no ancestors.</summary>
    public static TimelineHistory WithoutParent(uint timeline) => new(timeline, [new TimelineSpan(timeline, Lsn.Zero, End)]);

    /// <summary>Reads a history file. Throws <see cref="TwiBackupException"/> naming <paramref name="timeline"/>.</summary>
    public static TimelineHistory Parse(uint timeline, ReadOnlySpan<byte> content)
    {
        var path = new List<TimelineSpan>();
        var begin = Lsn.Zero;
        foreach (var raw in Encoding.UTF8.GetString(content).Split('\n'))
        {
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            var fields = line.Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 2 || !uint.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var parent)
                || !Lsn.TryParse(fields[1], out var left) || parent == 0 || parent >= timeline || left < begin
                || (path.Count > 0 && parent <= path[^1].Timeline))
                throw new TwiBackupException($"{timeline:X8}.history has a line that is none: \"{line}\". Compare it with the server's pg_wal.");
            path.Add(new TimelineSpan(parent, begin, left));
            begin = left;
        }

        path.Add(new TimelineSpan(timeline, begin, End));
        return new TimelineHistory(timeline, path);
    }

    /// <summary>The timeline on this path that holds the byte at <paramref name="lsn"/>.</summary>
    public uint TimelineAt(Lsn lsn)
    {
        foreach (var span in Path)
        {
            if (lsn < span.End)
                return span.Timeline;
        }

        return Timeline;
    }
}
