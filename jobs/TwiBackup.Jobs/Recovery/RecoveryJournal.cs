using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Sealing;

namespace TwiBackup.Recovery;

/// <summary>
/// What a recovery has done, line by line, durable before the next thing is done: a plain file of JSON lines, mode 0600, that may be
/// copied to another machine to go on there. While it is open nobody else can go on with the same recovery.
/// </summary>
public sealed class RecoveryJournal : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream file;
    private readonly TimeProvider clock;
    private readonly string machine;
    private readonly JournalChain chain;
    private readonly List<JournalEntry> entries = [];
    private readonly Lock gate = new();

    private RecoveryJournal(FileStream file, SigningKey? key, TimeProvider clock, string? machine)
    {
        (this.file, this.clock, this.machine) = (file, clock, machine ?? Machine.Name);
        chain = new JournalChain(key);
    }

    /// <summary>Its absolute path.</summary>
    public string Path => file.Name;

    /// <summary>What the recovery is.</summary>
    public JournalHeader Header => JournalHeader.FromFacts(entries[0].Facts)!;

    /// <summary>All lines, oldest first.</summary>
    public IReadOnlyList<JournalEntry> Entries
    {
        get
        {
            lock (gate)
                return [.. entries];
        }
    }

    /// <summary>Whether nothing was changed yet: the store was only looked at.</summary>
    public bool IsOnlyAssessed => Entries.All(e => e.Step is null || e.Step == RecoveryStep.Assess.Name());

    /// <summary>Whether the recovery has ended.</summary>
    public bool HasEnded => Entries[^1].Kind == JournalEntryKind.Ended;

    /// <summary>
    /// Begins a journal. One of a recovery that has ended, or has changed nothing, is moved aside; another one is an error.
    /// </summary>
    /// <param name="machine">This machine's name; null: it is asked for.</param>
    /// <exception cref="TwiBackupException">There is one that has not ended; wrong use.</exception>
    public static RecoveryJournal Begin(string path, JournalHeader header, SigningKey? key, TimeProvider clock, string? machine = null)
    {
        path = System.IO.Path.GetFullPath(path);
        var folder = System.IO.Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        if (File.Exists(path))
            MoveAside(path, key, clock);
        var journal = new RecoveryJournal(Open(path, FileMode.CreateNew), key, clock, machine);
        journal.Append(JournalEntryKind.Recovery, null, ToolVersion.Text, header.ToFacts());
        using (var parent = FileCalls.TryOpenFolder(FileCalls.Anywhere, folder, out _))
        {
            if (parent is not null)
                FileCalls.Sync(parent, folder);
        }

        return journal;
    }

    /// <summary>Opens the journal of a recovery to go on with it. Null: there is none.</summary>
    /// <exception cref="TwiBackupException">It is edited, damaged, or in use.</exception>
    public static RecoveryJournal? Resume(string path, SigningKey? key, TimeProvider clock, string? machine = null)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!File.Exists(path))
            return null;
        var file = Open(path, FileMode.Open);
        try
        {
            var journal = new RecoveryJournal(file, key, clock, machine);
            var (entries, length) = JournalReader.Read(file, key);
            if (entries.Count == 0)
            {
                // Killed before its first line was there: nothing was done.
                file.Dispose();
                File.Delete(path);
                return null;
            }

            foreach (var entry in entries)
                journal.chain.Next(entry);
            journal.entries.AddRange(entries);
            file.SetLength(length);
            file.Position = length;
            return journal;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a line; it is durable on return. Control characters in it become spaces.</summary>
    public JournalEntry Append(
        JournalEntryKind kind, RecoveryStep? step, string? text, IReadOnlyDictionary<string, string>? facts = null, IReadOnlyList<string>? lines = null)
    {
        lock (gate)
        {
            var entry = new JournalEntry
            {
                Number = entries.Count + 1,
                Kind = kind,
                Step = step?.Name(),
                At = clock.GetUtcNow(),
                Host = machine,
                Text = Clean(text),
                Facts = facts?.ToDictionary(f => f.Key, f => Clean(f.Value)!, StringComparer.Ordinal),
                Lines = lines is null ? null : [.. lines.Select(l => Clean(l)!)],
            };
            entry = entry with { Chain = chain.Next(entry) };
            file.Write([.. JournalReader.ToLine(entry), (byte)'\n']);
            file.Flush(flushToDisk: true);
            entries.Add(entry);
            return entry;
        }
    }

    public void Dispose() => file.Dispose();

    private static void MoveAside(string path, SigningKey? key, TimeProvider clock)
    {
        using (var old = Resume(path, key, clock))
        {
            if (old is { HasEnded: false, IsOnlyAssessed: false })
                throw new TwiBackupException(
                    ExitCode.WrongUse,
                    $"The recovery of {old.Header.System} that began at {old.Entries[0].At.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z has not ended. Go on with it: twibackup recover --resume; or move {path} aside and begin anew.");
            if (old is null)
                return;
            var kept = System.IO.Path.ChangeExtension(path, null) + $"-{old.Header.Id}{System.IO.Path.GetExtension(path)}";
            File.Move(path, kept);
        }
    }

    private static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (mode == FileMode.CreateNew)
            options.UnixCreateMode = Private;
        try
        {
            return new FileStream(path, options);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new TwiBackupException($"The journal {path} can't be opened; does another twibackup recover run? {e.Message}", e);
        }
    }

    private static string? Clean(string? text) =>
        text?.Any(char.IsControl) == true ? new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]) : text;
}
