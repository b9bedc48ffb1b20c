using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Recovery;
using TwiBackup.Tests.Files;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Recovery;

public sealed class LeftoversTests
{
    [Fact]
    public void Only_what_a_killed_attempt_had_staged_is_removed()
    {
        using var folder = new TempFolder();
        var since = new DateTimeOffset(2026, 11, 23, 2, 0, 0, 500, TimeSpan.Zero);
        string Staged(DateTimeOffset at) => folder.File(AsideName.Staged(SetId.Create(at), 3));
        var (mine, clone, older) = (Staged(since), Staged(since.AddMinutes(1)), Staged(since.AddMinutes(-1)));
        File.WriteAllText(mine, "half");
        Directory.CreateDirectory(Path.Combine(clone, ".git"));
        File.WriteAllText(older, "somebody else's");
        var kept = folder.File(AsideName.Of(".env", SetId.Create(since)));
        File.WriteAllText(kept, "kept aside");
        File.WriteAllText(folder.File("mine.new"), "no business of ours");
        Leftovers.Remove([folder.Path, folder.File("nowhere")], since, new RecordedProgress());
        Assert.Equal(new[] { older, kept, folder.File("mine.new") }.Order(StringComparer.Ordinal), Directory.EnumerateFileSystemEntries(folder.Path).Order(StringComparer.Ordinal));
    }
}
