using TwiBackup.Database;
using TwiBackup.Recovery;
using TwiBackup.Sealing;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Recovery;

public sealed class RecoveryJournalTests : IDisposable
{
    private static readonly SigningKey Key = SigningKey.Generate();
    private readonly TempFolder folder = new();

    private string Path => folder.File("recovery.jsonl");

    [Fact]
    public void What_is_written_is_read_again_with_the_target()
    {
        var target = new RecoveryTarget { Time = new DateTimeOffset(2026, 11, 23, 1, 59, 12, 345, TimeSpan.Zero), Timeline = 3 };
        using (var journal = Begin(target))
        {
            journal.Append(JournalEntryKind.Begun, RecoveryStep.Assess, null);
            journal.Append(JournalEntryKind.Done, RecoveryStep.Assess, "fine", new Dictionary<string, string> { ["full"] = "x" }, ["one", "two"]);
        }

        using var again = RecoveryJournal.Resume(Path, Key, TimeProvider.System)!;
        Assert.Equal(target, again.Header.Target);
        Assert.Equal(3, again.Entries.Count);
        Assert.Equal(["one", "two"], again.Entries[2].Lines!);
        Assert.Equal("x", again.Entries[2].Facts!["full"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    [Fact]
    public void A_line_cut_by_a_kill_is_passed_over_and_written_over()
    {
        using (var journal = Begin())
            journal.Append(JournalEntryKind.Begun, RecoveryStep.Assess, null);
        var whole = File.ReadAllText(Path);
        for (var cut = 1; cut < 60; cut += 7)
        {
            File.WriteAllText(Path, whole + whole.Split('\n')[1][..cut]);
            using (var again = RecoveryJournal.Resume(Path, Key, TimeProvider.System)!)
                Assert.Equal(2, again.Entries.Count);
            Assert.Equal(whole, File.ReadAllText(Path));
        }
    }

    [Fact]
    public void A_kill_before_the_first_line_leaves_no_recovery()
    {
        File.WriteAllText(Path, "{\"number\":1,\"ki");
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Null(RecoveryJournal.Resume(Path, Key, TimeProvider.System));
        Assert.False(File.Exists(Path));
    }

    [Theory]
    [InlineData("\"step\":\"assess\"", "\"step\":\"deploy\"", "was changed")]
    [InlineData("fine", "more than fine", "was changed")]
    [InlineData("\"kind\":\"Done\"", "\"kind\":\"Failed\"", "was changed")]
    [InlineData("\"number\":2", "\"number\":4", "is missing or was added")]
    [InlineData("{\"number\":2", "{\"more\":1,\"number\":2", "no line of a journal")]
    [InlineData("\"isolated\":\"no\"", "\"isolated\":\"yes\"", "was changed")]
    [InlineData("twibackup-recovery-1", "twibackup-recovery-2", "was changed")]
    [InlineData("\"number\":1", "not JSON", "no line of a journal")]
    public void An_edited_journal_is_refused_in_one_line(string piece, string replacement, string why)
    {
        using (var journal = Begin())
        {
            journal.Append(JournalEntryKind.Begun, RecoveryStep.Assess, null);
            journal.Append(JournalEntryKind.Done, RecoveryStep.Assess, "fine");
        }

        var text = File.ReadAllText(Path);
        Assert.Contains(piece, text, StringComparison.Ordinal);
        File.WriteAllText(Path, text.Replace(piece, replacement, StringComparison.Ordinal));
        var refused = Assert.Throws<TwiBackupException>(() => RecoveryJournal.Resume(Path, Key, TimeProvider.System));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        // And left as it is, to be looked at.
        Assert.Equal(text.Replace(piece, replacement, StringComparison.Ordinal), File.ReadAllText(Path));
    }

    [Fact]
    public void Lines_that_were_taken_out_swapped_or_added_are_noticed()
    {
        using (var journal = Begin())
        {
            foreach (var step in (RecoveryStep[])[RecoveryStep.Assess, RecoveryStep.Notify])
            {
                journal.Append(JournalEntryKind.Begun, step, null);
                journal.Append(JournalEntryKind.Done, step, "fine");
            }
        }

        var lines = File.ReadAllLines(Path);
        string[][] edits = [[lines[0], .. lines[2..]], [lines[0], lines[2], lines[1], .. lines[3..]], [.. lines, lines[^1]], lines[1..]];
        foreach (var edit in edits)
        {
            File.WriteAllLines(Path, edit);
            Assert.Throws<TwiBackupException>(() => RecoveryJournal.Resume(Path, Key, TimeProvider.System));
        }
    }

    [Fact]
    public void Who_has_not_the_signing_key_can_write_no_journal_that_is_believed()
    {
        using (var forged = RecoveryJournal.Begin(Path, Header(), SigningKey.Generate(), TimeProvider.System))
            forged.Append(JournalEntryKind.Begun, RecoveryStep.Assess, null);
        Assert.Throws<TwiBackupException>(() => RecoveryJournal.Resume(Path, Key, TimeProvider.System));
        File.Delete(Path);
        using (RecoveryJournal.Begin(Path, Header(), null, TimeProvider.System))
        {
        }

        Assert.Throws<TwiBackupException>(() => RecoveryJournal.Resume(Path, Key, TimeProvider.System));
    }

    [Fact]
    public void Control_characters_never_reach_a_terminal()
    {
        using (var journal = Begin())
            journal.Append(JournalEntryKind.Begun, RecoveryStep.Assess, "a\u001b[2Jb\nc", new Dictionary<string, string> { ["f"] = "\u0007" }, ["\r"]);
        Assert.DoesNotContain("u001b", File.ReadAllText(Path), StringComparison.OrdinalIgnoreCase);
        // Escaped by hand they are refused, key or no key.
        File.Delete(Path);
        using (RecoveryJournal.Begin(Path, Header(), null, TimeProvider.System))
        {
        }

        var entry = new JournalEntry { Number = 2, Kind = JournalEntryKind.Resumed, At = DateTimeOffset.UnixEpoch, Host = "\u001b[2J" };
        var chain = new JournalChain(null);
        using (var file = File.OpenRead(Path))
            chain.Next(JournalReader.Read(file, null).Entries[0]);
        File.AppendAllText(Path, System.Text.Encoding.UTF8.GetString(JournalReader.ToLine(entry with { Chain = chain.Next(entry) })) + "\n");
        var refused = Assert.Throws<TwiBackupException>(() => RecoveryJournal.Resume(Path, null, TimeProvider.System));
        Assert.Contains("control characters", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_others_may_write_or_that_is_a_link_is_refused()
    {
        Begin().Dispose();
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.Contains("chmod 0600", Assert.Throws<TwiBackupException>(() => RecoveryJournal.Resume(Path, Key, TimeProvider.System)).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(folder.File("link"), Path);
        Assert.Contains("is a link", Assert.Throws<TwiBackupException>(() => RecoveryJournal.Resume(folder.File("link"), Key, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_runs_cannot_go_on_with_one_recovery()
    {
        using var first = Begin();
        var refused = Assert.Throws<TwiBackupException>(() => RecoveryJournal.Resume(Path, Key, TimeProvider.System));
        Assert.Contains("another twibackup recover", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recovery_that_has_not_ended_is_not_begun_over()
    {
        using (var journal = Begin())
            journal.Append(JournalEntryKind.Begun, RecoveryStep.Notify, null);
        var refused = Assert.Throws<TwiBackupException>(() => Begin());
        Assert.Contains("--resume", refused.Message, StringComparison.Ordinal);
        using (var journal = RecoveryJournal.Resume(Path, Key, TimeProvider.System)!)
        {
            journal.Append(JournalEntryKind.Done, RecoveryStep.Notify, "told");
            journal.Append(JournalEntryKind.Ended, null, null);
        }

        // One that has ended is kept.
        Begin().Dispose();
        Assert.Equal(2, Directory.EnumerateFiles(folder.Path).Count());
    }

    public void Dispose() => folder.Dispose();

    private static JournalHeader Header(RecoveryTarget? target = null) =>
        new("20261123T020000Z-9f3c", "twi", "file:///store", false, target ?? RecoveryTarget.Latest);

    private RecoveryJournal Begin(RecoveryTarget? target = null) => RecoveryJournal.Begin(Path, Header(target), Key, TimeProvider.System);
}
