using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Sealing;

namespace TwiBackup.Tests.Files;

public sealed class ConfigurationBackupTests : IAsyncDisposable
{
    private readonly FilesTest test = new();

    private static CancellationToken Cancellation => FilesTest.Cancellation;

    public ValueTask DisposeAsync() => test.DisposeAsync();

    [Fact]
    public async Task Nothing_is_taken_when_nothing_changed()
    {
        var env = test.Write(".env", "BOT_TOKEN=one");
        var first = await test.Backup(test.Source).RunAsync(Cancellation);
        File.SetLastWriteTimeUtc(env, DateTime.UtcNow.AddHours(-3));
        var second = await test.Backup(test.Source).RunAsync(Cancellation);

        Assert.True(first.Taken);
        Assert.False(second.Taken);
        Assert.Equal(first.Set.Id, second.Set.Id);
        Assert.Single((await test.Catalog.ListAsync(SetKind.Configuration, Cancellation)).Sets);
    }

    [Theory]
    [InlineData("content")]
    [InlineData("mode")]
    [InlineData("name")]
    [InlineData("link")]
    [InlineData("owner")]
    public async Task A_set_is_taken_when_the_tree_changed_in_its(string what)
    {
        Assert.SkipWhen(what == "owner" && !Environment.IsPrivilegedProcess, "only root can give a file away");
        var env = test.Write(".env", "BOT_TOKEN=one");
        File.CreateSymbolicLink(Path.Combine(test.Source, "link"), ".env");
        await test.Backup(test.Source).RunAsync(Cancellation);
        switch (what)
        {
            case "content":
                File.WriteAllText(env, "BOT_TOKEN=two");
                break;
            case "mode":
                File.SetUnixFileMode(env, UnixFileMode.UserRead);
                break;
            case "name":
                File.Move(env, env + ".local");
                File.WriteAllText(env, "");
                break;
            case "link":
                File.Delete(Path.Combine(test.Source, "link"));
                File.CreateSymbolicLink(Path.Combine(test.Source, "link"), "./.env");
                break;
            case "owner":
                Assert.Equal(0, FileCalls.SetLinkOwner(FileCalls.Anywhere, env, 12345, 12345));
                break;
        }

        Assert.True((await test.Backup(test.Source).RunAsync(Cancellation)).Taken);
    }

    [Fact]
    public async Task An_unchanged_set_is_taken_again_before_its_time_is_over()
    {
        test.Write(".env", "BOT_TOKEN=one");
        var paths = new[] { new ConfigurationPath(test.Source) };
        await test.Backup(new ConfigurationBackupOptions { Paths = paths, Keep = TimeSpan.FromDays(40) }).RunAsync(Cancellation);
        var again = test.Backup(new ConfigurationBackupOptions { Paths = paths, Keep = TimeSpan.FromDays(90) });
        Assert.True((await again.RunAsync(Cancellation)).Taken);
    }

    [Fact]
    public async Task An_unchanged_set_is_taken_again_when_the_store_lost_the_old_one()
    {
        test.Write(".env", "BOT_TOKEN=one");
        var first = await test.Backup(test.Source).RunAsync(Cancellation);
        await test.Store.DeleteAsync(first.Set.Manifest.Prefix + ConfigurationBackup.ArchiveName, null, Cancellation);
        Assert.True((await test.Backup(test.Source).RunAsync(Cancellation)).Taken);
    }

    [Fact]
    public async Task A_deploy_is_recorded_as_the_reason()
    {
        test.Write(".env", "BOT_TOKEN=one");
        var options = new ConfigurationBackupOptions { Paths = [new(test.Source)], Keep = TimeSpan.FromDays(1), Reason = "deploy" };
        var result = await test.Backup(options).RunAsync(Cancellation);
        var stored = await test.Catalog.ReadAsync(SetKind.Configuration, result.Set.Id, Cancellation);
        Assert.Equal("deploy", stored.Manifest.Configuration!.Reason);
    }

    [Fact]
    public async Task A_missing_required_path_fails_and_leaves_no_set()
    {
        test.Write(".env", "BOT_TOKEN=one");
        var prometheus = Path.Combine(test.Source, "prometheus.yml");
        var failure = await Assert.ThrowsAsync<TwiBackupException>(
            () => test.Backup(Path.Combine(test.Source, ".env"), prometheus).RunAsync(Cancellation));

        Assert.Equal(ExitCode.Failed, failure.ExitCode);
        Assert.Contains(prometheus, failure.Message, StringComparison.Ordinal);
        Assert.Empty(await test.Catalog.ListIdsAsync(SetKind.Configuration, Cancellation));
    }

    [Fact]
    public async Task A_missing_optional_path_is_said_and_recorded()
    {
        test.Write(".env", "BOT_TOKEN=one");
        var alertmanager = Path.Combine(test.Source, "alertmanager.yml");
        var options = new ConfigurationBackupOptions
        {
            Paths = [new(test.Source), new(alertmanager, Required: false)],
            Keep = TimeSpan.FromDays(1),
        };
        var result = await test.Backup(options).RunAsync(Cancellation);

        Assert.Equal([alertmanager], result.Set.Manifest.Configuration!.Missing);
        Assert.Contains(test.Progress.Warned, line => line.Contains(alertmanager, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Configuration_is_sealed_and_its_manifest_shows_no_secret()
    {
        test.Write(".env", "BOT_TOKEN=very-secret-token");
        test.Write("ssl-cert/client-key.pem", "-----BEGIN PRIVATE KEY-----");
        var result = await test.Backup(test.Source).RunAsync(Cancellation);

        var stored = test.StoreText();
        Assert.DoesNotContain("very-secret-token", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", stored, StringComparison.Ordinal);
        // Neither is the plain hash there, by which guesses could be tested.
        var plain = Convert.ToHexStringLower(global::System.Security.Cryptography.SHA256.HashData("BOT_TOKEN=very-secret-token"u8));
        Assert.DoesNotContain(plain, stored, StringComparison.Ordinal);
        var listed = result.Set.Manifest.Configuration!.Files.Single(f => f.Name.EndsWith("/.env", StringComparison.Ordinal));
        Assert.Equal(TreeHash.Of(plain, test.Signer), listed.Hash);
        Assert.Equal("0600", listed.Mode);
    }

    [Fact]
    public async Task Another_signing_key_gives_other_hashes()
    {
        test.Write(".env", "BOT_TOKEN=one");
        var first = await test.Backup(test.Source).RunAsync(Cancellation);
        var options = new ConfigurationBackupOptions { Paths = [new(test.Source)], Keep = TimeSpan.FromDays(90) };
        var second = await new ConfigurationBackup(
            test.NewCatalog(SigningKey.Generate()), options, TimeProvider.System, test.Progress).RunAsync(Cancellation);
        Assert.True(second.Taken);
        Assert.NotEqual(first.Set.Manifest.Configuration!.TreeHash, second.Set.Manifest.Configuration!.TreeHash);
    }

    [Fact]
    public async Task A_file_that_keeps_changing_is_a_failure_that_names_it()
    {
        var busy = test.Write("busy.conf", "0");
        var times = 0;
        // Between the scan and the archive, each time.
        test.Progress.OnStage = stage =>
        {
            if (stage == "files")
                File.WriteAllText(busy, $"{++times}");
        };
        var failure = await Assert.ThrowsAsync<TwiBackupException>(() => test.Backup(test.Source).RunAsync(Cancellation));
        Assert.Contains(busy, failure.Message, StringComparison.Ordinal);
        Assert.True(times > 1);
        Assert.Empty(await test.Catalog.ListIdsAsync(SetKind.Configuration, Cancellation));

        // One change is met by reading again.
        test.Progress.OnStage = stage =>
        {
            if (stage == "files" && times-- > 0)
                File.WriteAllText(busy, "last");
        };
        times = 1;
        await test.Backup(test.Source).RunAsync(Cancellation);
        Assert.Equal("last", File.ReadAllText(await test.RestoreElsewhereAsync() + busy));
    }

    [Fact]
    public async Task A_file_that_shrank_or_changed_since_the_scan_is_not_archived()
    {
        var path = test.Write("app.conf", "0123456789");
        var tree = await TreeScanner.ScanAsync([test.Source], mayGrow: false, Cancellation);
        foreach (var now in new[] { "01234", "0123456789 and more", "9876543210" })
        {
            File.WriteAllText(path, now);
            var set = await SetWriter.BeginAsync(test.Catalog, SetKind.Configuration, TimeProvider.System, Cancellation);
            var writing = new ArchiveWriter(set, ConfigurationBackup.ArchiveName, test.Progress).WriteAsync(tree.Entries, Cancellation);
            // What was appended later is left: what was scanned is still whole.
            if (now.StartsWith("0123456789", StringComparison.Ordinal))
                await writing;
            else
                await Assert.ThrowsAsync<FileChangedException>(() => writing);
        }
    }

    [Fact]
    public async Task What_a_restore_kept_aside_is_not_taken_up()
    {
        test.Write(".env", "BOT_TOKEN=one");
        test.Write($".env.twibackup-{SetId.Create(DateTimeOffset.UtcNow)}", "BOT_TOKEN=zero");
        test.Write($".twibackup-{SetId.Create(DateTimeOffset.UtcNow)}-3.new", "BOT_TOKEN=half");
        test.Write("notes.twibackup-mine", "kept");
        var result = await test.Backup(test.Source).RunAsync(Cancellation);
        Assert.Equal(["/app", "/app/.env", "/app/notes.twibackup-mine"],
            result.Set.Manifest.Configuration!.Files.Select(f => f.Name[test.Folder.Length..]));
    }

    [Fact]
    public async Task A_link_that_the_policy_names_brings_its_target_with_it()
    {
        var real = Path.Combine(test.Folder, "secrets", "bot.env");
        Directory.CreateDirectory(Path.GetDirectoryName(real)!);
        File.WriteAllText(real, "BOT_TOKEN=one");
        var link = Path.Combine(test.Source, ".env");
        File.CreateSymbolicLink(link, "../secrets/bot.env");
        await test.Backup(link).RunAsync(Cancellation);

        var root = await test.RestoreElsewhereAsync();
        Assert.Equal("BOT_TOKEN=one", File.ReadAllText(root + link));
    }

    [Fact]
    public async Task A_pipe_is_left_out_and_said()
    {
        test.Write(".env", "BOT_TOKEN=one");
        var pipe = Path.Combine(test.Source, "pipe");
        await TwiBackup.Postgres.ChildProcess.RunAsync(new() { Program = "mkfifo", Arguments = [pipe] }, Cancellation);
        var result = await test.Backup(test.Source).RunAsync(Cancellation);
        Assert.DoesNotContain(result.Set.Manifest.Configuration!.Files, f => f.Name == pipe);
        Assert.Contains(test.Progress.Warned, line => line.Contains(pipe, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_that_could_not_be_restored_is_refused_before_anything_is_taken()
    {
        test.Write("two\nlines", "x");
        var failure = await Assert.ThrowsAsync<TwiBackupException>(() => test.Backup(test.Source).RunAsync(Cancellation));
        Assert.Contains("two\\nlines", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Empty(await test.Catalog.ListIdsAsync(SetKind.Configuration, Cancellation));
    }
}
