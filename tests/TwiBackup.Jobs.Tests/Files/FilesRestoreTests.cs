using System.Security.Cryptography;
using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Postgres;

namespace TwiBackup.Tests.Files;

public sealed class FilesRestoreTests : IAsyncDisposable
{
    private const UnixFileMode ReadOnlyToAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private readonly FilesTest test = new();

    private static CancellationToken Cancellation => FilesTest.Cancellation;

    public ValueTask DisposeAsync() => test.DisposeAsync();

    [Fact]
    public async Task Content_mode_owner_time_and_links_come_back()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give files away");
        var env = test.Write(".env", "BOT_TOKEN=one");
        var key = test.Write("ssl-cert/client-key.pem", "key", UnixFileMode.UserRead);
        var twin = Path.Combine(test.Source, "ssl-cert/twin.pem");
        var cert = test.Write("ssl-cert/server-ca.pem", new string('c', 300_000), ReadOnlyToAll);
        var odd = test.Write(" odd = \t näme\r" + new string('x', 150) + " ", "odd");
        Directory.CreateDirectory(Path.Combine(test.Source, "empty"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path.Combine(test.Source, "current"), "ssl-cert/server-ca.pem");
        Assert.Equal(0, FileCalls.MakeHardLink(FileCalls.Anywhere, key, FileCalls.Anywhere, twin));
        Assert.Equal(0, FileCalls.SetLinkOwner(FileCalls.Anywhere, key, 1_500_000_000, 54322));
        Assert.Equal(0, FileCalls.SetLinkOwner(FileCalls.Anywhere, Path.Combine(test.Source, "ssl-cert"), 54321, 54322));
        var time = new DateTime(2024, 2, 29, 12, 34, 56, DateTimeKind.Utc).AddTicks(1234567);
        File.SetLastWriteTimeUtc(env, time);
        Directory.SetLastWriteTimeUtc(Path.Combine(test.Source, "ssl-cert"), time);
        await test.Backup(test.Source).RunAsync(Cancellation);

        var root = await test.RestoreElsewhereAsync();
        string[] folders = [Path.Combine(test.Source, "empty"), Path.Combine(test.Source, "ssl-cert"), test.Source];
        foreach (var path in new[] { env, key, cert, odd }.Concat(folders))
        {
            var (was, now) = (FileCalls.Facts(path)!.Value, FileCalls.Facts(root + path)!.Value);
            Assert.Equal((was.Kind, was.Mode, was.UserId, was.GroupId, was.Modified),
                (now.Kind, now.Mode, now.UserId, now.GroupId, now.Modified));
            if (was.Kind == FileEntryKind.File)
                Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(root + path));
        }

        Assert.Equal("ssl-cert/server-ca.pem",
            File.ResolveLinkTarget(root + test.Source + "/current", false)!.FullName[(root + test.Source + "/").Length..]);
        Assert.Equal(FileCalls.Facts(root + key)!.Value.Identity, FileCalls.Facts(root + twin)!.Value.Identity);
        var (_, differences) = await test.Restore(new FilesRestoreOptions { Root = root }).CompareAsync(Cancellation);
        Assert.Empty(differences);
    }

    [Fact]
    public async Task Everything_returns_to_the_absolute_place_it_came_from()
    {
        var env = test.Write(".env", "BOT_TOKEN=one");
        var key = test.Write("ssl-cert/client-key.pem", "key", UnixFileMode.UserRead);
        await test.Backup(test.Source).RunAsync(Cancellation);
        Directory.Delete(test.Source, recursive: true);

        var (_, result) = await test.Restore(new FilesRestoreOptions()).RunAsync(Cancellation);
        Assert.Equal("BOT_TOKEN=one", File.ReadAllText(env));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(key));
        Assert.Empty(result.Aside);
    }

    [Fact]
    public async Task Nothing_is_replaced_without_being_told_to()
    {
        var env = test.Write(".env", "BOT_TOKEN=one");
        test.Write("gone.yml", "x");
        await test.Backup(test.Source).RunAsync(Cancellation);
        File.WriteAllText(env, "BOT_TOKEN=newer");
        File.Delete(Path.Combine(test.Source, "gone.yml"));

        var refusal = await Assert.ThrowsAsync<TwiBackupException>(() => test.Restore(new FilesRestoreOptions()).RunAsync(Cancellation));
        Assert.Equal(ExitCode.WrongUse, refusal.ExitCode);
        Assert.Contains(env, refusal.Message, StringComparison.Ordinal);
        Assert.Equal([".env"], Directory.GetFileSystemEntries(test.Source).Select(Path.GetFileName));
    }

    [Fact]
    public async Task What_is_replaced_is_kept_aside_with_its_protection()
    {
        var env = test.Write(".env", "BOT_TOKEN=one");
        var same = test.Write("same.yml", "same");
        await test.Backup(test.Source).RunAsync(Cancellation);
        File.WriteAllText(env, "BOT_TOKEN=newer");
        var before = FileCalls.Facts(same)!.Value;

        var (_, result) = await test.Restore(new FilesRestoreOptions { Replace = true }).RunAsync(Cancellation);
        var aside = Assert.Single(result.Aside);
        Assert.StartsWith(env + ".twibackup-", aside, StringComparison.Ordinal);
        Assert.Equal("BOT_TOKEN=newer", File.ReadAllText(aside));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(aside));
        Assert.Equal("BOT_TOKEN=one", File.ReadAllText(env));
        Assert.Equal(before.Identity, FileCalls.Facts(same)!.Value.Identity);
        Assert.Equal(3, Directory.GetFileSystemEntries(test.Source).Length);
    }

    [Fact]
    public async Task A_folder_in_the_place_of_a_file_and_a_file_in_the_place_of_a_folder_are_kept_aside()
    {
        var env = test.Write(".env", "BOT_TOKEN=one");
        var key = test.Write("ssl-cert/client-key.pem", "key");
        await test.Backup(test.Source).RunAsync(Cancellation);
        File.Delete(env);
        Directory.CreateDirectory(env);
        File.WriteAllText(Path.Combine(env, "inner"), "inner");
        Directory.Delete(Path.GetDirectoryName(key)!, recursive: true);
        File.WriteAllText(Path.GetDirectoryName(key)!, "a file");

        var (_, result) = await test.Restore(new FilesRestoreOptions { Replace = true }).RunAsync(Cancellation);
        Assert.Equal("BOT_TOKEN=one", File.ReadAllText(env));
        Assert.Equal("key", File.ReadAllText(key));
        Assert.Equal("inner",
            File.ReadAllText(Path.Combine(result.Aside.Single(a => a.StartsWith(env, StringComparison.Ordinal)), "inner")));
        Assert.Equal("a file", File.ReadAllText(result.Aside.Single(a => a.Contains("ssl-cert.", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_damaged_archive_leaves_the_place_as_it_was()
    {
        var env = test.Write(".env", new string('1', 100_000));
        test.Write("ssl-cert/client-key.pem", "key");
        var set = (await test.Backup(test.Source).RunAsync(Cancellation)).Set;
        test.Damage(set, ConfigurationBackup.ArchiveName);
        File.WriteAllText(env, "now");
        Directory.Delete(Path.Combine(test.Source, "ssl-cert"), recursive: true);

        await Assert.ThrowsAsync<TwiBackupException>(() => test.Restore(new FilesRestoreOptions { Replace = true }).RunAsync(Cancellation));
        Assert.Equal([env], Directory.GetFileSystemEntries(test.Source));
        Assert.Equal("now", File.ReadAllText(env));
    }

    [Fact]
    public async Task A_damaged_newest_set_falls_back_to_the_one_before_and_says_so()
    {
        var env = test.Write(".env", "BOT_TOKEN=one");
        await test.Backup(test.Source).RunAsync(Cancellation);
        File.WriteAllText(env, "BOT_TOKEN=two");
        var newest = (await test.Backup(test.Source).RunAsync(Cancellation)).Set;
        // Ids of one second are in no order: make sure which is the newest.
        newest = (await test.Catalog.ListAsync(SetKind.Configuration, Cancellation)).Sets[^1];
        test.Damage(newest, ArchiveWriter.IndexName);

        var root = await test.RestoreElsewhereAsync();
        Assert.StartsWith("BOT_TOKEN=", File.ReadAllText(root + env), StringComparison.Ordinal);
        Assert.Contains(test.Progress.Warned, line => line.Contains("Falling back", StringComparison.Ordinal));
        await Assert.ThrowsAsync<TwiBackupException>(() => test.RestoreElsewhereAsync(id: newest.Id));
    }

    [Fact]
    public async Task A_time_or_an_id_chooses_the_set()
    {
        var env = test.Write(".env", "BOT_TOKEN=one");
        var first = (await test.Backup(test.Source).RunAsync(Cancellation)).Set;
        File.WriteAllText(env, "BOT_TOKEN=two");
        var second = (await test.Backup(test.Source).RunAsync(Cancellation)).Set;

        var byTime = Path.Combine(test.Folder, "by-time");
        await test.Restore(new FilesRestoreOptions { Root = byTime, At = first.Manifest.CompletedAt }).RunAsync(Cancellation);
        Assert.Equal("BOT_TOKEN=one", File.ReadAllText(byTime + env));
        Assert.Equal("BOT_TOKEN=two", File.ReadAllText(await test.RestoreElsewhereAsync(id: second.Id) + env));
        await Assert.ThrowsAsync<TwiBackupException>(
            () => test.Restore(new FilesRestoreOptions { Root = byTime, At = first.Manifest.StartedAt.AddDays(-1) }).RunAsync(
                Cancellation));
    }

    [Fact]
    public async Task A_comparison_names_what_differs_and_shows_no_value()
    {
        var env = test.Write(".env", "BOT_TOKEN=secret-one");
        var mode = test.Write("mode.yml", "x");
        var gone = test.Write("gone.yml", "x");
        await test.Backup(test.Source).RunAsync(Cancellation);
        File.WriteAllText(env, "BOT_TOKEN=secret-two");
        File.SetUnixFileMode(mode, ReadOnlyToAll);
        File.Delete(gone);
        var added = test.Write("added.yml", "x");

        var (_, differences) = await test.Restore(new FilesRestoreOptions()).CompareAsync(Cancellation);
        Assert.Equal(
            [(env, FileDifferenceKind.Content), (gone, FileDifferenceKind.Missing), (mode, FileDifferenceKind.Mode),
                (added, FileDifferenceKind.Added)],
            differences.Select(d => (d.Path, d.Kind)));
        var text = string.Join('\n', differences.Select(d => d.Detail));
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        var now = Convert.ToHexStringLower(SHA256.HashData("BOT_TOKEN=secret-two"u8));
        Assert.Contains(TreeHash.Of(now, test.Signer)[..12], text, StringComparison.Ordinal);
        Assert.Equal("BOT_TOKEN=secret-two", File.ReadAllText(env));
    }

    [Fact]
    public async Task Debians_tools_alone_restore_the_archive()
    {
        var env = test.Write(".env", "BOT_TOKEN=one");
        var key = test.Write("ssl-cert/client-key.pem", "key", UnixFileMode.UserRead);
        File.CreateSymbolicLink(Path.Combine(test.Source, "link"), ".env");
        var set = (await test.Backup(test.Source).RunAsync(Cancellation)).Set;
        var plain = Path.Combine(test.Folder, "plain.tar");
        await SetObjects.ReadAsync(
            test.Catalog, set, set.Manifest.Objects.Single(o => o.Name == ConfigurationBackup.ArchiveName), async stream =>
        {
            await using var file = File.Create(plain);
            await stream.CopyToAsync(file, Cancellation);
            return true;
        }, test.Progress, Cancellation);

        var root = Directory.CreateDirectory(Path.Combine(test.Folder, "by-hand")).FullName;
        var result = await ChildProcess.RunAsync(new() { Program = "tar", Arguments = ["-xpf", plain, "-C", root] }, Cancellation);
        Assert.Equal((0, ""), (result.ExitCode, result.ErrorOutput));
        Assert.Equal("BOT_TOKEN=one", File.ReadAllText(root + env));
        Assert.Equal("BOT_TOKEN=one", File.ReadAllText(root + test.Source + "/link"));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(root + key));
        var (_, differences) = await test.Restore(new FilesRestoreOptions { Root = root }).CompareAsync(Cancellation);
        Assert.Empty(differences);
    }

    [Fact]
    public async Task Without_the_identity_nothing_is_restored()
    {
        test.Write(".env", "BOT_TOKEN=one");
        await test.Backup(test.Source).RunAsync(Cancellation);
        var restore = new FilesRestore(
            test.WriterCatalog, SetKind.Configuration, new FilesRestoreOptions { Root = test.Folder }, TimeProvider.System, test.Progress);
        Assert.Equal(ExitCode.WrongUse, (await Assert.ThrowsAsync<TwiBackupException>(() => restore.RunAsync(Cancellation))).ExitCode);
    }
}
