using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Repositories;
using TwiBackup.Tests.Files;
using TwiBackup.Tests.Repositories;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification;

public sealed class ConfigurationVerifierTests
{
    private static CancellationToken Cancellation => FilesTest.Cancellation;

    [Fact]
    public async Task A_good_configuration_set_is_proven_and_nothing_is_left_of_it()
    {
        await using var test = new FilesTest();
        test.Write(".env", "BOT_TOKEN=one");
        test.Write("ssl-cert/client-key.pem", "key");
        File.CreateSymbolicLink(Path.Combine(test.Source, "link"), Path.Combine(test.Source, ".env"));
        var set = (await test.Backup(test.Source).RunAsync(Cancellation)).Set;
        var before = Directory.GetFileSystemEntries(test.Folder);

        var record = await Verifier(test, SetKind.Configuration).RunAsync(null, Cancellation);
        Assert.True(record.Proven, string.Join("; ", record.Checks.Where(c => !c.Passed)));
        Assert.Equal(set.Id, record.SetId);
        Assert.True(record.Checks.Count >= 4);
        Assert.Equal(before, Directory.GetFileSystemEntries(test.Folder));
    }

    [Theory]
    [InlineData(ConfigurationBackup.ArchiveName)]
    [InlineData(ArchiveWriter.IndexName)]
    public async Task A_damaged_configuration_set_fails(string name)
    {
        await using var test = new FilesTest();
        test.Write(".env", "BOT_TOKEN=one");
        test.Damage((await test.Backup(test.Source).RunAsync(Cancellation)).Set, name);
        var record = await Verifier(test, SetKind.Configuration).RunAsync(null, Cancellation);
        Assert.True(record is { Failed: true, Proven: false });
    }

    [Fact]
    public async Task Logs_are_proven_and_damaged_ones_fail()
    {
        await using var test = new FilesTest();
        test.WriteLog("bot.log.1", "text");
        var set = (await test.Logs().RunAsync(Cancellation)).Set!;
        Assert.True((await Verifier(test, SetKind.Logs).RunAsync(null, Cancellation)).Proven);
        test.Damage(set, LogBackup.ArchiveName);
        Assert.True((await Verifier(test, SetKind.Logs).RunAsync(set.Id, Cancellation)).Failed);
    }

    [Fact]
    public async Task A_repository_is_proven_and_a_damaged_one_fails()
    {
        await using var test = await RepositoryTest.CreateAsync();
        var set = await test.Backup().RunAsync(Cancellation);
        var verifier = new RepositoryVerifier(test.Files.Catalog, test.Files.Folder, TimeProvider.System, test.Files.Progress);
        var record = await verifier.RunAsync(null, Cancellation);
        Assert.True(record.Proven, string.Join("; ", record.Checks.Where(c => !c.Passed)));
        Assert.Contains(record.Checks, c => c.Name == "git bundle verify");

        test.Files.Damage(set, RepositoryBackup.BundleName);
        Assert.True((await verifier.RunAsync(null, Cancellation)).Failed);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(test.Files.Folder), p => p.Contains("twibackup-", StringComparison.Ordinal));
    }

    private static ConfigurationVerifier Verifier(FilesTest test, SetKind kind) =>
        new(test.Catalog, kind, test.Folder, TimeProvider.System, test.Progress);
}
