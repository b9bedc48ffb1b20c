using System.Formats.Tar;
using TwiBackup.Files;

namespace TwiBackup.Tests.Files;

/// <summary>Archives that were signed and sealed by whoever has the writer's host: nothing they hold leaves the root.</summary>
public sealed class HostileArchiveTests : IAsyncDisposable
{
    private const string Sha256OfEvil = "d2a63fd8b18d41df20b1a7ab9c4e0d4e15d5b0a4c2c7e7f5d6cfa1e1f0f5d2b0";
    private readonly FilesTest test = new();
    private readonly string root, outside;

    public HostileArchiveTests()
    {
        root = Directory.CreateDirectory(Path.Combine(test.Folder, "root")).FullName;
        outside = Directory.CreateDirectory(Path.Combine(test.Folder, "outside")).FullName;
    }

    private static CancellationToken Cancellation => FilesTest.Cancellation;

    public ValueTask DisposeAsync() => test.DisposeAsync();

    [Theory]
    [InlineData("../outside/evil")]
    [InlineData("a/../../outside/evil")]
    [InlineData("/outside/evil")]
    [InlineData("a//evil")]
    [InlineData("./evil")]
    [InlineData("")]
    [InlineData("evil\0name")]
    public async Task A_name_that_leaves_the_root_is_refused(string name) =>
        await RefusedAsync([Entry(name)]);

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/../outside")]
    [InlineData("")]
    public async Task A_link_that_leaves_the_root_is_refused(string target) =>
        await RefusedAsync([Entry("evil", FileEntryKind.Link, target)]);

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside/secret")]
    [InlineData("later")]
    [InlineData("folder")]
    [InlineData("link")]
    public async Task A_hard_link_to_anything_but_an_earlier_file_of_the_archive_is_refused(string target) =>
        await RefusedAsync([Entry("folder", FileEntryKind.Folder), Entry("link", FileEntryKind.Link, "x"),
            Entry("evil", FileEntryKind.HardLink, target), Entry("later")]);

    [Theory]
    [InlineData("first")]
    [InlineData("last")]
    public async Task An_entry_below_a_link_is_refused_whichever_comes(string order)
    {
        FileEntry[] entries = [Entry("way", FileEntryKind.Link, outside), Entry("way/evil")];
        await RefusedAsync(order == "first" ? entries : [.. entries.Reverse()]);
    }

    [Fact]
    public async Task The_same_name_twice_is_refused() => await RefusedAsync([Entry("evil"), Entry("evil")]);

    [Theory]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public async Task A_device_or_link_in_the_archive_where_the_index_lists_a_file_is_refused(TarEntryType type)
    {
        var entry = new PaxTarEntry(type, "evil");
        if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            entry.LinkName = "/etc/passwd";
        await RefusedAsync([Entry("evil", length: 0)], [entry]);
    }

    [Fact]
    public async Task An_archive_that_holds_other_names_than_its_index_is_refused() =>
        await RefusedAsync([Entry("good")], [File("../outside/evil")]);

    [Fact]
    public async Task An_archive_that_holds_more_than_its_index_is_refused() =>
        await RefusedAsync([Entry("good")], [File("good"), File("evil")]);

    [Fact]
    public async Task An_archive_that_holds_less_than_its_index_is_refused() =>
        await RefusedAsync([Entry("good"), Entry("more")], [File("good")]);

    [Fact]
    public async Task Content_that_is_not_the_indexs_is_refused() => await RefusedAsync([Entry("evil")], [File("evil")]);

    [Fact]
    public async Task A_link_that_stands_in_the_place_is_never_written_through()
    {
        test.Write("sub/app.conf", "new");
        await test.Backup(test.Source).RunAsync(Cancellation);
        var parent = root + Path.GetDirectoryName(test.Source);
        Directory.CreateDirectory(parent);
        Directory.CreateSymbolicLink(Path.Combine(parent, "app"), outside);

        await Assert.ThrowsAsync<TwiBackupException>(() => test.Restore(new FilesRestoreOptions { Root = root }).RunAsync(Cancellation));
        Assert.Empty(Directory.GetFileSystemEntries(outside));

        // Told to replace, it moves the link itself aside.
        await test.Restore(new FilesRestoreOptions { Root = root, Replace = true }).RunAsync(Cancellation);
        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.Equal("new", global::System.IO.File.ReadAllText(root + test.Source + "/sub/app.conf"));
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_file_is_replaced_and_not_written_through()
    {
        var conf = test.Write("app.conf", "new");
        await test.Backup(test.Source).RunAsync(Cancellation);
        var victim = Path.Combine(outside, "victim");
        global::System.IO.File.WriteAllText(victim, "precious");
        global::System.IO.File.Delete(conf);
        global::System.IO.File.CreateSymbolicLink(conf, victim);

        await test.Restore(new FilesRestoreOptions { Replace = true }).RunAsync(Cancellation);
        Assert.Equal("precious", global::System.IO.File.ReadAllText(victim));
        Assert.Equal("new", global::System.IO.File.ReadAllText(conf));
        Assert.Null(new FileInfo(conf).LinkTarget);
    }

    [Fact]
    public async Task An_absolute_link_points_into_another_root()
    {
        var target = test.Write("real.conf", "real");
        var link = Path.Combine(test.Source, "sub/link.conf");
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        global::System.IO.File.CreateSymbolicLink(link, target);
        await test.Backup(test.Source).RunAsync(Cancellation);

        await test.Restore(new FilesRestoreOptions { Root = root }).RunAsync(Cancellation);
        var resolved = global::System.IO.File.ResolveLinkTarget(root + link, returnFinalTarget: true)!.FullName;
        Assert.Equal(root + target, resolved);
        // In the place it came from it says what it said.
        Directory.Delete(test.Source, recursive: true);
        await test.Restore(new FilesRestoreOptions()).RunAsync(Cancellation);
        Assert.Equal(target, new FileInfo(link).LinkTarget);
    }

    [Fact]
    public void Below_the_root_of_the_machine_only_links_that_nobody_else_could_have_made_are_followed()
    {
        var real = Directory.CreateDirectory(Path.Combine(test.Folder, "real")).FullName;
        var link = Path.Combine(test.Folder, "alias");
        Directory.CreateSymbolicLink(link, "real");
        var machine = new RootFolder("/");
        using (var folder = machine.Open(link.TrimStart('/'), made: null))
            Assert.Equal(FileCalls.Facts(real)!.Value.Identity, FileCalls.Facts(folder!).Identity);

        global::System.IO.File.SetUnixFileMode(test.Folder, (UnixFileMode)0x1ff);
        Assert.Throws<TwiBackupException>(() => machine.Open(link.TrimStart('/'), made: null));
        global::System.IO.File.SetUnixFileMode(test.Folder, (UnixFileMode)0x1c0);
        if (Environment.IsPrivilegedProcess)
        {
            Assert.Equal(0, FileCalls.SetLinkOwner(FileCalls.Anywhere, link, 12345, 12345));
            Assert.Throws<TwiBackupException>(() => machine.Open(link.TrimStart('/'), made: null));
        }
    }

    private async Task RefusedAsync(FileEntry[] index, TarEntry[]? archive = null)
    {
        await test.ForgeAsync(index, archive ?? []);
        var refusal = await Assert.ThrowsAsync<TwiBackupException>(
            () => test.Restore(new FilesRestoreOptions { Root = root, Replace = true }).RunAsync(Cancellation));
        Assert.IsType<InvalidDataException>(refusal.InnerException);
        Assert.Empty(Directory.GetFileSystemEntries(root));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    private static PaxTarEntry File(string name) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("evil"u8.ToArray()) };

    private static FileEntry Entry(string name, FileEntryKind kind = FileEntryKind.File, string? target = null, int length = 4) => new()
    {
        Name = name,
        Kind = kind,
        Mode = 0x180,
        UserId = 0,
        GroupId = 0,
        Modified = DateTimeOffset.UnixEpoch,
        Length = kind == FileEntryKind.File ? length : 0,
        Sha256 = kind == FileEntryKind.File ? Sha256OfEvil : null,
        Target = target,
    };
}
