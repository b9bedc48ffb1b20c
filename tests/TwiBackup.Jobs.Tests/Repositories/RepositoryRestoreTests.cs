using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Postgres;
using TwiBackup.Repositories;
using TwiBackup.Tests.Files;

namespace TwiBackup.Tests.Repositories;

public sealed class RepositoryRestoreTests
{
    private static CancellationToken Cancellation => FilesTest.Cancellation;

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task Every_branch_tag_and_note_comes_back_on_the_default_branch(string objectFormat)
    {
        await using var test = await RepositoryTest.CreateAsync(objectFormat);
        var set = await test.Backup().RunAsync(Cancellation);
        Assert.Equal("refs/heads/staging", set.Manifest.Repository!.DefaultBranch);

        var folder = Path.Combine(test.Files.Folder, "restored");
        await test.RestoreAsync(folder);
        const string list = "--format=%(objectname) %(objecttype) %(refname)";
        Assert.Equal(await test.GitAsync("for-each-ref", list), await RepositoryTest.GitInAsync(folder, "for-each-ref", list));
        Assert.Equal("staging", await RepositoryTest.GitInAsync(folder, "branch", "--show-current"));
        Assert.Equal("", await RepositoryTest.GitInAsync(folder, "status", "--porcelain"));
        Assert.Equal("a note", await RepositoryTest.GitInAsync(folder, "notes", "show", "HEAD~1"));
        Assert.Equal("print('hello again')\n", File.ReadAllText(Path.Combine(folder, "main.py")));
        Assert.Equal("{}\n", File.ReadAllText(Path.Combine(folder, ".cache/faiss/schema_lookup.json")));
        Assert.True(File.Exists(Path.Combine(folder, ".dockerignore")));
    }

    [Fact]
    public async Task The_object_opened_with_age_and_zstd_is_a_bundle_that_git_clones()
    {
        await using var test = await RepositoryTest.CreateAsync();
        var set = await test.Backup().RunAsync(Cancellation);
        var stored = Directory.EnumerateFiles(test.Files.StoreFolder, RepositoryBackup.BundleName, SearchOption.AllDirectories).Single();
        var (identity, bundle) = (Path.Combine(test.Files.Folder, "identity.txt"), Path.Combine(test.Files.Folder, "by-hand.bundle"));
        File.WriteAllText(identity, test.Files.IdentityText);
        await Sh($"age -d -i '{identity}' '{stored}' | zstd -dq -o '{bundle}'", test.Files.Folder);

        await RepositoryTest.GitInAsync(test.Source, "bundle", "verify", "-q", bundle);
        var clone = Path.Combine(test.Files.Folder, "by-hand");
        await RepositoryTest.GitInAsync(test.Files.Folder, "clone", "-q", "--mirror", bundle, clone);
        Assert.Equal(set.Manifest.Repository!.Refs.Count, (await RepositoryTest.GitInAsync(clone, "for-each-ref")).Split('\n').Length);
        Assert.Equal(
            set.Manifest.Repository.ObjectCount,
            (await RepositoryTest.GitInAsync(clone, "rev-list", "--objects", "--all")).Split('\n').Length);
    }

    [Fact]
    public async Task A_bare_repository_comes_back_without_files()
    {
        await using var test = await RepositoryTest.CreateAsync();
        await test.Backup().RunAsync(Cancellation);
        var folder = Path.Combine(test.Files.Folder, "bare.git");
        await test.RestoreAsync(folder, bare: true);
        Assert.Equal("true", await RepositoryTest.GitInAsync(folder, "rev-parse", "--is-bare-repository"));
        Assert.Equal(await test.GitAsync("rev-parse", "production"), await RepositoryTest.GitInAsync(folder, "rev-parse", "production"));
    }

    [Fact]
    public async Task A_detached_head_comes_back_detached()
    {
        await using var test = await RepositoryTest.CreateAsync();
        await test.GitAsync("checkout", "-q", "--detach", "HEAD~1");
        test.Files.Write("loose.txt", "in no branch");
        await test.CommitAsync("in no branch");
        var head = await test.GitAsync("rev-parse", "HEAD");
        await test.Backup().RunAsync(Cancellation);
        var folder = Path.Combine(test.Files.Folder, "restored");
        await test.RestoreAsync(folder);
        Assert.Equal(head, await RepositoryTest.GitInAsync(folder, "rev-parse", "HEAD"));
        Assert.Equal("in no branch", File.ReadAllText(Path.Combine(folder, "loose.txt")));
    }

    [Fact]
    public async Task A_folder_that_holds_something_is_not_touched_without_being_told_to()
    {
        await using var test = await RepositoryTest.CreateAsync();
        await test.Backup().RunAsync(Cancellation);
        test.Files.Write(".env", "BOT_TOKEN=one");
        var refusal = await Assert.ThrowsAsync<TwiBackupException>(() => test.RestoreAsync(test.Source));
        Assert.Equal(ExitCode.WrongUse, refusal.ExitCode);
        Assert.Equal("BOT_TOKEN=one", File.ReadAllText(Path.Combine(test.Source, ".env")));
    }

    [Fact]
    public async Task What_was_there_is_kept_aside_whole_and_what_no_commit_holds_is_named()
    {
        await using var test = await RepositoryTest.CreateAsync();
        await test.Backup().RunAsync(Cancellation);
        test.Files.Write(".env", "BOT_TOKEN=one");
        test.Files.Write("logs/bot.log", "text");
        test.Files.Write("main.py", "changed by hand");

        var result = await test.RestoreAsync(test.Source, replace: true);
        Assert.Equal("print('hello again')\n", File.ReadAllText(Path.Combine(test.Source, "main.py")));
        Assert.Equal("BOT_TOKEN=one", File.ReadAllText(Path.Combine(result.Aside!, ".env")));
        Assert.Equal("changed by hand", File.ReadAllText(Path.Combine(result.Aside!, "main.py")));
        Assert.Equal([".env", "logs"], result.NotInRepository);
        Assert.True(AsideName.Is(Path.GetFileName(result.Aside!)));
        Assert.Empty(Directory.GetFileSystemEntries(test.Files.Folder, "*.new"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bundle_that_is_no_good_touches_nothing(bool isEmpty)
    {
        await using var test = await RepositoryTest.CreateAsync();
        var set = await test.Backup().RunAsync(Cancellation);
        test.Files.Damage(set, RepositoryBackup.BundleName);
        var folder = isEmpty ? Directory.CreateDirectory(Path.Combine(test.Files.Folder, "empty")).FullName : test.Source;
        if (!isEmpty)
            test.Files.Write(".env", "BOT_TOKEN=one");
        var before = Tree(folder);
        var beside = Directory.GetFileSystemEntries(test.Files.Folder).Order().ToList();

        await Assert.ThrowsAsync<TwiBackupException>(() => test.RestoreAsync(folder, replace: true));
        Assert.Equal(before, Tree(folder));
        Assert.Equal(beside, Directory.GetFileSystemEntries(test.Files.Folder).Order());
    }

    [Fact]
    public async Task A_damaged_newest_set_falls_back_to_the_one_before()
    {
        await using var test = await RepositoryTest.CreateAsync();
        await test.Backup().RunAsync(Cancellation);
        await test.Backup().RunAsync(Cancellation);
        test.Files.Damage((await test.Files.Catalog.ListAsync(SetKind.Repository, Cancellation)).Sets[^1], RepositoryBackup.BundleName);
        var folder = Path.Combine(test.Files.Folder, "restored");
        await test.RestoreAsync(folder);
        Assert.True(File.Exists(Path.Combine(folder, "main.py")));
        Assert.Contains(test.Files.Progress.Warned, line => line.Contains("Falling back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_manifest_that_lists_other_refs_than_the_bundle_is_refused()
    {
        await using var test = await RepositoryTest.CreateAsync();
        var good = await test.Backup().RunAsync(Cancellation);
        var set = await SetWriter.BeginAsync(test.Files.WriterCatalog, SetKind.Repository, TimeProvider.System, Cancellation);
        await using (var copy = await set.CreateObjectAsync(RepositoryBackup.BundleName, new(), Cancellation))
        {
            await SetObjects.ReadAsync(test.Files.Catalog, good, good.Manifest.Objects[0], async plain =>
            {
                await plain.CopyToAsync(copy.Content, Cancellation);
                return true;
            }, test.Files.Progress, Cancellation);
            await copy.CompleteAsync(Cancellation);
        }

        var facts = good.Manifest.Repository!;
        var lying = facts with { Refs = facts.Refs.Where(r => r.Key != "refs/heads/production").ToDictionary() };
        var forged = await set.CommitAsync(TimeSpan.FromDays(1), m => m with { Repository = lying }, Cancellation);
        await Assert.ThrowsAsync<TwiBackupException>(() => test.RestoreAsync(Path.Combine(test.Files.Folder, "restored"), id: forged.Id));
        Assert.False(Directory.Exists(Path.Combine(test.Files.Folder, "restored")));
    }

    [Fact]
    public async Task The_owner_of_the_replaced_folder_or_the_one_asked_for_gets_everything_and_nothing_behind_links()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give files away");
        await using var test = await RepositoryTest.CreateAsync();
        var outside = Path.Combine(test.Files.Folder, "outside");
        Directory.CreateDirectory(outside);
        File.WriteAllText(Path.Combine(outside, "precious"), "");
        Directory.CreateSymbolicLink(Path.Combine(test.Source, "way-out"), outside);
        await test.CommitAsync("a link out");
        await test.Backup().RunAsync(Cancellation);
        Assert.Equal(0, FileCalls.SetLinkOwner(FileCalls.Anywhere, test.Source, 12345, 12346));

        await test.RestoreAsync(test.Source, replace: true);
        foreach (var path in new[] { "", "main.py", "way-out", ".git/HEAD" }.Select(name => Path.Combine(test.Source, name).TrimEnd('/')))
            Assert.Equal((12345u, 12346u), (FileCalls.Facts(path)!.Value.UserId, FileCalls.Facts(path)!.Value.GroupId));
        Assert.Equal(0u, FileCalls.Facts(Path.Combine(outside, "precious"))!.Value.UserId);

        await test.RestoreAsync(Path.Combine(test.Files.Folder, "asked"), owner: "23456:23457");
        Assert.Equal(23456u, FileCalls.Facts(Path.Combine(test.Files.Folder, "asked/main.py"))!.Value.UserId);
    }

    private static async Task Sh(string command, string folder)
    {
        string[] arguments = ["-o", "pipefail", "-c", command];
        var options = new ChildProcessOptions { Program = "bash", Arguments = arguments, WorkingDirectory = folder };
        (await ChildProcess.RunAsync(options, Cancellation)).ThrowIfFailed(command, "");
    }

    private static List<string> Tree(string folder) =>
    [
        .. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            .Order()
            .Select(path => $"{path} {FileCalls.Facts(path)!.Value.Changed:O}"),
    ];
}
