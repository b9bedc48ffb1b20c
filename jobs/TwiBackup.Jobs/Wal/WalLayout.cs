using System.Globalization;
using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>
/// Where the WAL of one cluster lies in the store. The cluster's identity is part of the path: after initdb, a dump's restore or
/// pg_upgrade the same segment names come again and must not meet the old ones.
/// <code>
/// &lt;system&gt;/wal/&lt;pgmajor&gt;-&lt;system identifier&gt;/
///   cluster-&lt;wal_segment_size&gt;.zst.age
///   00000002.history.zst.age                                   claims the timeline's number
///   00000002.history-&lt;hash&gt;.zst.age                            the same content, told from another by its name
///   00000002/&lt;segment&gt;-&lt;hash&gt;.zst.age                          a whole segment
///   00000002/&lt;segment&gt;/&lt;start&gt;-&lt;end&gt;-&lt;hash&gt;.zst.age            a tail: bytes [start, end) of the segment, 8
/// digits each
///   00000002/&lt;segment&gt;.partial-&lt;hash&gt;.zst.age
///   00000002/&lt;segment&gt;.&lt;offset&gt;.backup-&lt;hash&gt;.zst.age
///   00000002/marks/&lt;unix milliseconds&gt;-&lt;LSN, 16 digits&gt;.zst.age
///   points/&lt;name&gt;.zst.age
/// </code>
/// Ordinal order of keys is order of LSN within a timeline, and a history sorts before its segments.
/// </summary>
public sealed record WalLayout(string System, int PgMajor, ulong SystemIdentifier)
{
    private const string Suffix = ".zst.age";
    private const int HashDigits = 32;

    /// <summary>The folder of all clusters of <paramref name="system"/>, with its slash.</summary>
    public static string ClustersOf(string system) => $"{system}/wal/";

    /// <summary>The last part of <see cref="Root"/>, e.g. <c>15-7301234567890123456</c>.</summary>
    public string Cluster => string.Create(CultureInfo.InvariantCulture, $"{PgMajor}-{SystemIdentifier}");

    /// <summary>The cluster's prefix, with its slash.</summary>
    public string Root => $"{ClustersOf(System)}{Cluster}/";

    /// <summary>Reads what <see cref="Cluster"/> writes.</summary>
    public static bool TryParseCluster(string system, string? cluster, out WalLayout? layout)
    {
        layout = null;
        var parts = cluster?.TrimEnd('/').Split('-');
        if (parts is not { Length: 2 }
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) || major < 9
            || !ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var identifier))
            return false;
        layout = new WalLayout(system, major, identifier);
        return layout.Cluster == cluster!.TrimEnd('/');
    }

    public string TimelineFolder(uint timeline) => $"{Root}{timeline:X8}/";

    public string ClusterFacts(int segmentSize) => string.Create(CultureInfo.InvariantCulture, $"{Root}cluster-{segmentSize}{Suffix}");

    public string History(uint timeline) => $"{Root}{timeline:X8}.history{Suffix}";

    public string HistoryCopy(uint timeline, string hash) => $"{Root}{timeline:X8}.history-{hash}{Suffix}";

    /// <summary>What the keys of everything about one segment begin with; what follows is <c>-</c>, <c>.</c> or <c>/</c>.</summary>
    public string SegmentPrefix(string segment) => $"{Root}{segment.AsSpan(0, 8)}/{segment}";

    public string Segment(string segment, string hash) => $"{SegmentPrefix(segment)}-{hash}{Suffix}";

    public string Tail(string segment, long start, long end, string hash) =>
        string.Create(CultureInfo.InvariantCulture, $"{SegmentPrefix(segment)}/{start:X8}-{end:X8}-{hash}{Suffix}");

    public string Partial(string segment, string hash) => $"{SegmentPrefix(segment)}.partial-{hash}{Suffix}";

    public string BackupLabel(string segment, uint offset, string hash) => $"{SegmentPrefix(segment)}.{offset:X8}.backup-{hash}{Suffix}";

    public string Mark(uint timeline, WalMark mark) => string.Create(
        CultureInfo.InvariantCulture, $"{TimelineFolder(timeline)}marks/{mark.Time.ToUnixTimeMilliseconds():D13}-{mark.Lsn.Value:X16}{Suffix}");

    public string Point(string name) => $"{Root}points/{name}{Suffix}";

    /// <summary>Reads a key back. False for whatever none of the methods here would have written.</summary>
    public bool TryParse(string key, out WalObject? parsed)
    {
        parsed = null;
        if (!key.StartsWith(Root, StringComparison.Ordinal) || !key.EndsWith(Suffix, StringComparison.Ordinal))
            return false;
        var rest = key[Root.Length..^Suffix.Length];
        parsed = rest.StartsWith("points/", StringComparison.Ordinal) ? ParsePoint(rest["points/".Length..])
            : rest.StartsWith("cluster-", StringComparison.Ordinal) ? ParseCluster(rest["cluster-".Length..])
            : ParseOfTimeline(rest);
        return parsed is not null;
    }

    private static WalObject? ParsePoint(string name) =>
        name.Length > 0 && !name.Contains('/', StringComparison.Ordinal) ? new WalObject(WalObjectKind.Point) { Name = name } : null;

    private static WalObject? ParseCluster(string size) =>
        int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && IsSegmentSize(bytes) && size[0] != '0'
            ? new WalObject(WalObjectKind.Cluster) { SegmentSize = bytes }
            : null;

    private static WalObject? ParseOfTimeline(string rest)
    {
        if (rest.Length < 10 || !TryHex(rest.AsSpan(0, 8), out var timeline) || timeline == 0)
            return null;
        if (rest[8] == '/')
            return ParseInFolder(rest[9..], (uint)timeline, rest[..8]);
        if (rest[8..] == ".history")
            return new WalObject(WalObjectKind.History) { Timeline = (uint)timeline };
        return rest.AsSpan(8).StartsWith(".history-", StringComparison.Ordinal) && IsHash(rest.AsSpan(17))
            ? new WalObject(WalObjectKind.HistoryCopy) { Timeline = (uint)timeline, Hash = rest[17..] }
            : null;
    }

    private static WalObject? ParseInFolder(string name, uint timeline, string digits)
    {
        if (name.StartsWith("marks/", StringComparison.Ordinal))
            return ParseMark(name["marks/".Length..], timeline);
        if (name.Length < 25 || !name.StartsWith(digits, StringComparison.Ordinal) || !TryHex(name.AsSpan(8, 16), out _))
            return null;
        var segment = name[..24];
        var tail = name[25..];
        return name[24] switch
        {
            '-' when IsHash(tail) => new WalObject(WalObjectKind.Segment) { Timeline = timeline, Segment = segment, Hash = tail },
            '/' => ParseTail(tail, timeline, segment),
            '.' => ParseExtra(tail, timeline, segment),
            _ => null,
        };
    }

    private static WalObject? ParseTail(string name, uint timeline, string segment) =>
        name.Length == 18 + HashDigits && name[8] == '-' && name[17] == '-' && IsHash(name.AsSpan(18))
        && TryHex(name.AsSpan(0, 8), out var start) && TryHex(name.AsSpan(9, 8), out var end) && start < end && end <= 1UL << 30
            ? new WalObject(WalObjectKind.Tail) { Timeline = timeline, Segment = segment, Start = (long)start, End = (long)end, Hash = name[18..] }
            : null;

    private static WalObject? ParseExtra(string name, uint timeline, string segment)
    {
        if (name.StartsWith("partial-", StringComparison.Ordinal) && IsHash(name.AsSpan(8)))
            return new WalObject(WalObjectKind.Partial) { Timeline = timeline, Segment = segment, Hash = name[8..] };
        return name.Length == 16 + HashDigits && name.AsSpan(8, 8).SequenceEqual(".backup-") && IsHash(name.AsSpan(16))
            && TryHex(name.AsSpan(0, 8), out var offset)
                ? new WalObject(WalObjectKind.BackupLabel) { Timeline = timeline, Segment = segment, Offset = (uint)offset, Hash = name[16..] }
                : null;
    }

    private static WalObject? ParseMark(string name, uint timeline)
    {
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        return dash >= 13 && long.TryParse(name.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            && name.Length == dash + 17 && TryHex(name.AsSpan(dash + 1), out var lsn)
                ? new WalObject(WalObjectKind.Mark)
                {
                    Timeline = timeline,
                    Mark = new WalMark(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), new Lsn(lsn)),
                }
                : null;
    }

    /// <summary>A power of two from 1 MiB to 1 GiB.</summary>
    public static bool IsSegmentSize(long bytes) => bytes is >= 1 << 20 and <= 1 << 30 && (bytes & (bytes - 1)) == 0;

    private static bool TryHex(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        foreach (var c in digits)
        {
            var digit = c is >= '0' and <= '9' ? c - '0' : c is >= 'A' and <= 'F' ? c - 'A' + 10 : -1;
            if (digit < 0)
                return false;
            value = (value << 4) | (uint)digit;
        }

        return true;
    }

    private static bool IsHash(ReadOnlySpan<char> text)
    {
        if (text.Length != HashDigits)
            return false;
        foreach (var c in text)
        {
            if (c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
                return false;
        }

        return true;
    }
}
