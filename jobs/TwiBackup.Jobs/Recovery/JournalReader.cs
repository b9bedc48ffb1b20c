using System.Text;
using System.Text.Json;
using TwiBackup.Sealing;

namespace TwiBackup.Recovery;

/// <summary>
/// Reads a journal and refuses one that is not as it was written. A last line without its end is what a killed run leaves: it is passed
/// over.
/// </summary>
internal static class JournalReader
{
    private const int LargestFile = 4 << 20;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>The entries, and the length of the file up to the end of the last one.</summary>
    /// <exception cref="TwiBackupException">It is edited, damaged, or open to others to write.</exception>
    public static (IReadOnlyList<JournalEntry> Entries, long Length) Read(FileStream file, SigningKey? key)
    {
        RequireOwn(file);
        if (file.Length > LargestFile)
            throw Refused(file, 1, $"it is larger than the {LargestFile} bytes that a journal can have");
        var bytes = new byte[file.Length];
        file.Position = 0;
        file.ReadExactly(bytes);
        var entries = new List<JournalEntry>();
        var chain = new JournalChain(key);
        var from = 0;
        for (int end; (end = Array.IndexOf(bytes, (byte)'\n', from)) >= 0; from = end + 1)
        {
            var entry = Parse(bytes.AsSpan(from, end - from));
            var problem = entry is null ? "it is no line of a journal"
                : entry.Number != entries.Count + 1 ? "a line before it is missing or was added"
                : chain.Next(entry) != entry.Chain ? "it or a line before it was changed, or it was written with another signing key"
                : Problem(entry, entries);
            if (problem is not null)
                throw Refused(file, entries.Count + 1, problem);
            entries.Add(entry!);
        }

        return (entries, from);
    }

    /// <summary>One entry as its line, without the end of line.</summary>
    public static byte[] ToLine(JournalEntry entry) => JsonSerializer.SerializeToUtf8Bytes(entry, RecoveryJson.Default.JournalEntry);

    private static void RequireOwn(FileStream file)
    {
        if (new FileInfo(file.Name).LinkTarget is not null)
            throw new TwiBackupException(ExitCode.WrongUse, $"{file.Name} is a link. Name the journal itself.");
        if ((File.GetUnixFileMode(file.SafeFileHandle) & OthersWrite) != 0)
            throw new TwiBackupException(ExitCode.WrongUse, $"The journal {file.Name} can be written by others, so it may say anything. If it is as it was, run: chmod 0600 {file.Name}");
    }

    private static JournalEntry? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, RecoveryJson.Default.JournalEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Problem(JournalEntry entry, List<JournalEntry> before)
    {
        if (HasControls(entry.Host) || HasControls(entry.Text) || entry.Lines?.Any(HasControls) == true
            || entry.Facts?.Any(f => HasControls(f.Key) || HasControls(f.Value)) == true)
            return "it has control characters in it";
        if ((before.Count == 0) != (entry.Kind == JournalEntryKind.Recovery))
            return "it does not begin a recovery where one begins, or begins a second one";
        if (before.Count == 0)
            return JournalHeader.FromFacts(entry.Facts) is null ? $"it is of another format than {JournalHeader.CurrentFormat}; use the program that wrote it" : null;
        if (entry.Kind is JournalEntryKind.Resumed or JournalEntryKind.Ended)
            return entry.Step is null ? null : "it names a step where there is none";
        if (!RecoverySteps.TryParse(entry.Step, out _))
            return "it names no step";
        var last = before.LastOrDefault(e => e.Step == entry.Step);
        var isOpen = last?.Kind is JournalEntryKind.Begun or JournalEntryKind.Noted;
        return entry.Kind switch
        {
            JournalEntryKind.Begun => last?.Kind is JournalEntryKind.Done ? "it begins a step that is done" : null,
            JournalEntryKind.Skipped => isOpen || last?.Kind is JournalEntryKind.Done ? "it skips a step that is begun" : null,
            _ => isOpen ? null : "it goes on with a step that is not begun",
        };
    }

    private static bool HasControls(string? text) => text?.Any(char.IsControl) == true;

    private static TwiBackupException Refused(FileStream file, int line, string problem) => new(
        ExitCode.WrongUse,
        $"Line {line} of the journal {file.Name} is not used: {problem}. Go on with an unchanged copy, or move it aside and begin anew.");
}
