using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Tests.Files;
using TwiBackup.Verification;
using TwiBackup.Verification.Live;

namespace TwiBackup.Tests.Verification.Live;

public sealed class ConfigurationChecksTests : IAsyncLifetime
{
    private readonly FilesTest files = new();

    public ValueTask InitializeAsync()
    {
        files.Write(".env", "BOT_TOKEN=S3cret");
        files.Write("ssl-cert/client-key.pem", "S3cret key");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => files.DisposeAsync();

    [Fact]
    public async Task What_was_backed_up_passes()
    {
        var set = (await files.Backup(files.Source).RunAsync(FilesTest.Cancellation)).Set;
        var record = await AskAsync();
        LiveSystem.Passed(record);
        Assert.Contains($"entries as in configuration/{set.Id}", record.Checks[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_differs_is_named_and_never_shown()
    {
        await files.Backup(files.Source).RunAsync(FilesTest.Cancellation);
        files.Write(".env", "BOT_TOKEN=S3cret-other");
        File.SetUnixFileMode(Path.Combine(files.Source, "ssl-cert/client-key.pem"), UnixFileMode.UserRead);
        files.Write("new", "S3cret");
        var detail = LiveSystem.Failed(await AskAsync()).Detail;
        Assert.Contains($"{files.Source}/.env: content", detail, StringComparison.Ordinal);
        Assert.Contains($"{files.Source}/ssl-cert/client-key.pem: mode 0600 then, 0400 now", detail, StringComparison.Ordinal);
        Assert.Contains($"{files.Source}/new is new", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("S3cret", detail, StringComparison.Ordinal);
        File.Delete(Path.Combine(files.Source, ".env"));
        Assert.Contains($"{files.Source}/.env is gone", LiveSystem.Failed(await AskAsync()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_key_of_the_hashes_it_is_not_asked()
    {
        await files.Backup(files.Source).RunAsync(FilesTest.Cancellation);
        foreach (var key in (SigningKey?[])[null, SigningKey.Generate()])
        {
            var record = await AskAsync(key, hasKey: false);
            Assert.Empty(record.Checks);
            Assert.Equal("configuration/as-backed-up", Assert.Single(record.NotRun!).Name);
        }
    }

    [Fact]
    public async Task Without_a_set_the_configuration_is_not_backed_up() =>
        Assert.Contains("holds no configuration set", LiveSystem.Failed(await AskAsync()).Detail, StringComparison.Ordinal);

    private Task<VerificationRecord> AskAsync(SigningKey? key = null, bool hasKey = true)
    {
        var policy = new ConfigurationPolicy
        {
            Schedule = Schedule.OnChange, Keep = TimeSpan.FromDays(90), Paths = [new ConfigurationPath(files.Source)],
        };
        var checks = new ConfigurationChecks(policy, new NewestSets(files.Catalog, TimeProvider.System), hasKey ? files.Signer : key);
        return new SystemVerifier(FilesTest.System, [.. checks.All()], TimeProvider.System, SilentProgress.Instance)
            .RunAsync(CheckSelection.All, FilesTest.Cancellation);
    }
}
