using System.Security.Cryptography;
using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Repositories;
using TwiBackup.Tests.Files;

namespace TwiBackup.Tests.Repositories;

public sealed class RepositoryBackupTests
{
    private const string Token = "ghp_TheTokenThatNobodyMaySee0123456789";

    private static CancellationToken Cancellation => FilesTest.Cancellation;

    [Fact]
    public async Task The_manifest_holds_refs_head_and_object_count()
    {
        await using var test = await RepositoryTest.CreateAsync();
        var facts = (await test.Backup().RunAsync(Cancellation)).Manifest.Repository!;
        Assert.Equal(["refs/heads/production", "refs/heads/staging", "refs/notes/commits", "refs/tags/v1.0"], facts.Refs.Keys);
        Assert.Equal(await test.GitAsync("rev-parse", "staging"), facts.Head);
        Assert.Equal((await test.GitAsync("rev-list", "--objects", "--all")).Split('\n').Length, facts.ObjectCount);
        Assert.Null(facts.Lfs);
    }

    [Fact]
    public async Task A_repository_of_another_account_is_read_all_the_same()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give files away");
        await using var test = await RepositoryTest.CreateAsync();
        FileOwner.GiveTree(test.Source, (12345, 12345));
        Assert.Equal(4, (await test.Backup().RunAsync(Cancellation)).Manifest.Repository!.Refs.Count);
    }

    [Fact]
    public async Task An_empty_a_missing_and_a_shallow_repository_are_failures_that_leave_no_set()
    {
        await using var test = await RepositoryTest.CreateAsync();
        var empty = Directory.CreateDirectory(Path.Combine(test.Files.Folder, "none")).FullName;
        await RepositoryTest.GitInAsync(empty, "init", "-q");
        var shallow = Path.Combine(test.Files.Folder, "shallow");
        await RepositoryTest.GitInAsync(test.Files.Folder, "clone", "-q", "--depth", "1", $"file://{test.Source}", shallow);
        var nowhere = Path.Combine(test.Files.Folder, "nowhere");
        foreach (var (source, word) in new[] { (empty, "no commits"), (shallow, "shallow"), (nowhere, "does not exist") })
        {
            var failure = await Assert.ThrowsAsync<TwiBackupException>(() => test.Backup(source).RunAsync(Cancellation));
            Assert.Equal(ExitCode.Failed, failure.ExitCode);
            Assert.Contains(word, failure.Message, StringComparison.Ordinal);
            Assert.Contains(source, failure.Message, StringComparison.Ordinal);
        }

        Assert.Empty(await test.Files.Catalog.ListIdsAsync(SetKind.Repository, Cancellation));
    }

    [Fact]
    public async Task A_damaged_source_is_a_failure()
    {
        await using var test = await RepositoryTest.CreateAsync();
        var blob = await test.GitAsync("rev-parse", "staging:main.py");
        File.Delete(Path.Combine(test.Source, ".git/objects", blob[..2], blob[2..]));
        await Assert.ThrowsAsync<TwiBackupException>(() => test.Backup().RunAsync(Cancellation));
        Assert.Empty(await test.Files.Catalog.ListIdsAsync(SetKind.Repository, Cancellation));
    }

    [Fact]
    public async Task A_token_opens_the_repository_and_is_seen_nowhere()
    {
        await using var test = await RepositoryTest.CreateAsync();
        await using var server = await GitServer.StartAsync(test, Token);
        var set = await test.Backup(server.Url, GitAccess.For(server.Url, Token, new Dictionary<string, string>())).RunAsync(Cancellation);

        Assert.Equal(4, set.Manifest.Repository!.Refs.Count);
        Assert.True(server.Authorized > 0);
        Assert.Empty(server.ArgumentsWithToken);
        Assert.DoesNotContain(Token, test.Files.StoreText()
            + string.Join('\n', test.Files.Progress.Said.Concat(test.Files.Progress.Warned)), StringComparison.Ordinal);
        var folder = Path.Combine(test.Files.Folder, "restored");
        await test.RestoreAsync(folder);
        Assert.Equal(server.Url, await RepositoryTest.GitInAsync(folder, "remote", "get-url", "origin"));
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(Token, File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_token_is_a_failure_that_stores_nothing_and_shows_nothing()
    {
        await using var test = await RepositoryTest.CreateAsync();
        await using var server = await GitServer.StartAsync(test, Token);
        const string wrong = "ghp_WrongToken";
        foreach (var access in new[] { GitAccess.None, GitAccess.For(server.Url, wrong, new Dictionary<string, string>()) })
        {
            var failure = await Assert.ThrowsAsync<TwiBackupException>(() => test.Backup(server.Url, access).RunAsync(Cancellation));
            Assert.Equal(ExitCode.Failed, failure.ExitCode);
            Assert.DoesNotContain(wrong, failure.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(Directory.EnumerateFiles(test.Files.StoreFolder, "*.age", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("http://example.org/repository.git")]
    [InlineData("git@example.org:repository.git")]
    [InlineData("/app")]
    public void A_token_goes_over_https_only(string source) =>
        Assert.Equal(ExitCode.WrongUse,
            Assert.Throws<TwiBackupException>(() => GitAccess.For(source, Token, new Dictionary<string, string>())).ExitCode);

    [Fact]
    public void What_git_says_is_shown_without_the_token()
    {
        var access = GitAccess.For("https://example.org/r.git", Token, new Dictionary<string, string>());
        Assert.Equal("fatal: *** is wrong", access.Redact($"fatal: {Token} is wrong"));
        Assert.DoesNotContain(Token, access.ToString(), StringComparison.Ordinal);
        Assert.Equal("http.https://example.org/.extraHeader", access.Variables["GIT_CONFIG_KEY_0"]);
    }

    [Fact]
    public async Task Lfs_objects_of_a_local_source_are_taken_and_restored_and_missing_ones_are_listed()
    {
        await using var test = await RepositoryTest.CreateAsync();
        var image = Store(test, "an image"u8.ToArray());
        var lost = Pointer("lost"u8.ToArray());
        var damaged = Store(test, "damaged"u8.ToArray(), "other"u8.ToArray());
        test.Files.Write(".gitattributes", "*.png filter=lfs diff=lfs merge=lfs -text\n");
        test.Files.Write("image.png", image.Text);
        test.Files.Write("lost.png", lost.Text);
        test.Files.Write("damaged.png", damaged.Text);
        await test.CommitAsync("images");

        var set = await test.Backup().RunAsync(Cancellation);
        var lfs = set.Manifest.Repository!.Lfs!;
        Assert.Equal((3, 1), (lfs.Pointers, lfs.Stored));
        Assert.Equal(new[] { lost.Name, damaged.Name }.Order(StringComparer.Ordinal), lfs.Missing);
        Assert.Contains(test.Files.Progress.Warned, line => line.Contains("2 of 3", StringComparison.Ordinal));

        var folder = Path.Combine(test.Files.Folder, "restored");
        await test.RestoreAsync(folder);
        Assert.Equal("an image", File.ReadAllText(LfsBackup.PathIn(Path.Combine(folder, ".git/lfs/objects"), image.Name)));
    }

    [Theory]
    [InlineData("../../evil", "evil")]
    [InlineData("lfs/objects/aa/bb/../../evil", "evil")]
    [InlineData("lfs/objects/aa/aa/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "other content")]
    public async Task An_lfs_archive_holds_nothing_but_objects_that_prove_themselves(string name, string content)
    {
        var folder = Directory.CreateTempSubdirectory("twi-lfs-");
        try
        {
            using var archive = new MemoryStream();
            await using (var tar = new global::System.Formats.Tar.TarWriter(archive, leaveOpen: true))
            {
                var entry = new global::System.Formats.Tar.PaxTarEntry(global::System.Formats.Tar.TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(global::System.Text.Encoding.UTF8.GetBytes(content)),
                };
                await tar.WriteEntryAsync(entry, Cancellation);
            }

            archive.Position = 0;
            await Assert.ThrowsAsync<InvalidDataException>(
                () => LfsRestore.RunAsync(archive, Path.Combine(folder.FullName, "a/b/objects"), Cancellation));
            Assert.DoesNotContain(folder.EnumerateFiles("evil", SearchOption.AllDirectories), _ => true);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (string Name, string Text) Pointer(byte[] content)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(content));
        return (name, $"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {content.Length}\n");
    }

    private static (string Name, string Text) Store(RepositoryTest test, byte[] content, byte[]? stored = null)
    {
        var pointer = Pointer(content);
        var path = LfsBackup.PathIn(Path.Combine(test.Source, ".git/lfs/objects"), pointer.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, stored ?? content);
        return pointer;
    }
}
