using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// The acknowledgement log: what the server promised to keep, written outside the database, so that after a disaster nobody has to take
/// the recovered database's word for what was lost. ASCII lines:
/// <code>
/// # twibackup acknowledgements 1 boot=2f0c… ticks-per-second=1000000000
/// 17 2026-11-23T02:00:00.123456Z 2026-11-23T02:00:00.125001Z 81234567890123
/// </code>
/// The first line says on which boot the ticks were counted. Every other is one heartbeat: number, sent at, acknowledged at (both UTC),
/// monotonic ticks. A line counts once its line feed is there: each is synced to disk before the next heartbeat is sent, so at most the
/// last one can be torn.
/// </summary>
/// <param name="Boot">The boot that the ticks belong to.</param>
/// <param name="Records">In order of acknowledgement.</param>
public sealed record AckLog(string Boot, IReadOnlyList<Acknowledgement> Records)
{
    internal const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private const string Title = "# twibackup acknowledgements 1 boot=";
    private const string Frequency = " ticks-per-second=";

    /// <summary>Reads a log that may still be written. A torn last line is passed over; anything else that is wrong is not.</summary>
    /// <exception cref="TwiBackupException">The file is absent, no such log, or a line other than the last is damaged.</exception>
    public static AckLog Read(string path)
    {
        using var stream = Open(path);
        return Read(path, stream, out _);
    }

    /// <summary>The same, and where the whole lines end.</summary>
    internal static AckLog Read(string path, Stream stream, out long end)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        var text = reader.ReadToEnd();
        end = text.LastIndexOf('\n') + 1;
        // The last piece is empty or torn.
        var lines = text.Split('\n')[..^1];
        if (lines.Length == 0)
            throw new TwiBackupException($"{path} has no whole line, so it is no acknowledgement log; give another with --acks.");
        var boot = ReadHeader(path, lines[0]);
        var records = new List<Acknowledgement>(lines.Length);
        for (var index = 1; index < lines.Length; index++)
        {
            var record = ReadLine(lines[index]);
            if (record is null || records.Count > 0 && record.Ticks < records[^1].Ticks)
                throw new TwiBackupException(
                    $"{path} is damaged at line {index + 1}; what was acknowledged can't be told from it. Rehearse again.");
            records.Add(record);
        }

        return new AckLog(boot, records);
    }

    internal static string Header() =>
        string.Create(CultureInfo.InvariantCulture, $"{Title}{MonotonicInstant.ThisBoot}{Frequency}{Stopwatch.Frequency}\n");

    internal static string Line(Acknowledgement record) => string.Create(
        CultureInfo.InvariantCulture,
        $"{record.Seq} {record.SentAt.ToString(TimeFormat, null)} {record.AcknowledgedAt.ToString(TimeFormat, null)} {record.Ticks}\n");

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException($"The acknowledgement log {path} can't be read: {failed.Message}", failed);
        }
    }

    private static string ReadHeader(string path, string line)
    {
        var split = line.IndexOf(Frequency, StringComparison.Ordinal);
        if (!line.StartsWith(Title, StringComparison.Ordinal) || split < 0)
            throw new TwiBackupException($"{path} is no acknowledgement log; give another with --acks.");
        if (line[(split + Frequency.Length)..] != Stopwatch.Frequency.ToString(CultureInfo.InvariantCulture))
            throw new TwiBackupException($"{path} counts time in other ticks than this machine; read it where it was written.");
        return line[Title.Length..split];
    }

    private static Acknowledgement? ReadLine(string line)
    {
        var fields = line.Split(' ');
        return fields.Length == 4
            && long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            && TryReadTime(fields[1], out var sent)
            && TryReadTime(fields[2], out var acknowledged)
            && long.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
                ? new Acknowledgement(seq, sent, acknowledged, ticks)
                : null;
    }

    private static bool TryReadTime(string text, out DateTime time) => DateTime.TryParseExact(
        text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
