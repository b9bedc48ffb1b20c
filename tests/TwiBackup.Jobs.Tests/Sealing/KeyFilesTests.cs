using System.Runtime.Versioning;
using TwiBackup.Sealing;

namespace TwiBackup.Tests.Sealing;

[SupportedOSPlatform("linux")]
public sealed class KeyFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Generated_files_are_private_and_read_back()
    {
        var keys = await GenerateAsync("keys");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.File("keys")));
        foreach (var file in new[] { keys.IdentityFile, keys.SigningFile, keys.SigningPublicFile })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        var identity = Assert.Single(await KeyFiles.ReadIdentitiesAsync(keys.IdentityFile, default));
        Assert.Equal(keys.Recipient.ToString(), identity.Recipient.ToString());
        Assert.Equal(keys.SigningPublic.ToString(), (await KeyFiles.ReadSigningKeyAsync(keys.SigningFile, default)).Public.ToString());
        Assert.Equal(keys.SigningPublic.ToString(), VerifyKey.Parse(await File.ReadAllTextAsync(keys.SigningPublicFile)).ToString());
        Assert.StartsWith(
            $"# created: 2026-11-23T02:00:00Z\n# public key: {keys.Recipient}\nAGE-SECRET-KEY-1",
            await File.ReadAllTextAsync(keys.IdentityFile),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debian_s_tools_use_generated_files()
    {
        var keys = await GenerateAsync("keys");
        var sealedByThem = await Tool.RunAsync([1, 2, 3], "age", "-r", keys.Recipient.ToString());
        Assert.Equal([1, 2, 3], await Tool.RunAsync(sealedByThem, "age", "-d", "-i", keys.IdentityFile));
        var file = _folder.Write("file", "content");
        await Tool.RunAsync([], "minisign", "-S", "-s", keys.SigningFile, "-m", file);
        await Tool.RunAsync([], "minisign", "-V", "-p", keys.SigningPublicFile, "-m", file);
    }

    [Theory]
    [InlineData(KeyFiles.IdentityName)]
    [InlineData(KeyFiles.SigningName)]
    [InlineData(KeyFiles.SigningPublicName)]
    public async Task No_file_is_overwritten_and_none_is_added_to_it(string name)
    {
        var path = _folder.Write(name, "what was there");
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => GenerateAsync(""));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.Equal("what was there", await File.ReadAllTextAsync(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_link_that_leads_nowhere_is_not_followed()
    {
        File.CreateSymbolicLink(_folder.File(KeyFiles.SigningName), _folder.File("elsewhere"));
        await Assert.ThrowsAsync<TwiBackupException>(() => GenerateAsync(""));
        Assert.False(File.Exists(_folder.File("elsewhere")));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_folder_that_can_not_be_made_is_said()
    {
        _folder.Write("file", "");
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => GenerateAsync("file/keys"));
        Assert.Contains("file/keys", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_folder_is_wrong_use() =>
        await Samples.AssertWrongUseAsync(() => KeyFiles.GenerateAsync("", new FixedTime(), default));

    [Fact]
    public async Task Each_kind_of_file_is_told()
    {
        var keys = await GenerateAsync("keys");
        var identity = await KeyFiles.DescribeAsync(keys.IdentityFile, default);
        Assert.Equal(("identity", keys.Recipient.ToString()), (identity.Kind, identity.Recipients.Single().ToString()));
        var signing = await KeyFiles.DescribeAsync(keys.SigningFile, default);
        Assert.Equal(("signing key", keys.SigningPublic.ToString()), (signing.Kind, signing.SigningPublic!.ToString()));
        var signingPublic = await KeyFiles.DescribeAsync(keys.SigningPublicFile, default);
        Assert.Equal(("public key", keys.SigningPublic.ToString()), (signingPublic.Kind, signingPublic.SigningPublic!.ToString()));
        var both = _folder.Write("recipients.txt", $"# both\n{keys.Recipient}\n{Samples.Identity.Recipient}\n");
        var recipients = await KeyFiles.DescribeAsync(both, default);
        Assert.Equal(("recipient", 2), (recipients.Kind, recipients.Recipients.Count));
    }

    [Fact]
    public async Task What_is_no_key_file_is_refused_in_one_line()
    {
        var files = new[]
        {
            (_folder.Write("sealed", await Samples.SealAsync(Samples.Bytes(200_000))), "is a sealed object"),
            (_folder.Write("empty", ""), "is no key file"),
            (_folder.Write("noise", Samples.Bytes(100_000)), "is no key file"),
            (_folder.File("missing"), "can't be read"),
            (_folder.Path, "can't be read"),
        };
        foreach (var (path, reason) in files)
        {
            var refused = await Assert.ThrowsAsync<TwiBackupException>(() => KeyFiles.DescribeAsync(path, default));
            Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
            Assert.StartsWith($"{path} {reason}", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
        }
    }

    private Task<GeneratedKeys> GenerateAsync(string name) => KeyFiles.GenerateAsync(_folder.File(name), new FixedTime(), default);

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 23, 2, 0, 0, TimeSpan.Zero);
    }
}
