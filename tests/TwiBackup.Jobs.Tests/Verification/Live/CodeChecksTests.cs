using TwiBackup.Files;
using TwiBackup.Progress;
using TwiBackup.Tests.Files;
using TwiBackup.Tests.Repositories;
using TwiBackup.Verification;
using TwiBackup.Verification.Live;

namespace TwiBackup.Tests.Verification.Live;

public sealed class CodeChecksTests : IAsyncLifetime
{
    private RepositoryTest repository = null!;

    private static CancellationToken Cancellation => FilesTest.Cancellation;

    public async ValueTask InitializeAsync() => repository = await RepositoryTest.CreateAsync();

    public ValueTask DisposeAsync() => repository.DisposeAsync();

    [Fact]
    public async Task What_was_backed_up_passes_on_any_branch_of_it()
    {
        var set = await repository.Backup().RunAsync(Cancellation);
        var record = await AskAsync();
        LiveSystem.Passed(record);
        Assert.Equal(["code/head", "code/fsck", "code/clean"], record.Checks.Select(check => check.Name));
        Assert.EndsWith($"HEAD of repository/{set.Id}", record.Checks[0].Detail, StringComparison.Ordinal);
        await repository.GitAsync("checkout", "-q", "production");
        record = await AskAsync();
        LiveSystem.Passed(record);
        Assert.EndsWith($"refs/heads/production of repository/{set.Id}", record.Checks[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_commit_passes_for_as_long_as_the_objective_says()
    {
        await repository.Backup().RunAsync(Cancellation);
        repository.Files.Write("main.py", "print('deployed')\n");
        await repository.CommitAsync("third");
        LiveSystem.Passed(await AskAsync());
        var failed = LiveSystem.Failed(await AskAsync(rpo: TimeSpan.Zero));
        Assert.Equal("code/head", failed.Name);
        Assert.EndsWith("twibackup backup repository", failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_that_is_no_tip_of_the_backup_fails()
    {
        await repository.Backup().RunAsync(Cancellation);
        await repository.GitAsync("checkout", "-q", "--orphan", "elsewhere");
        await repository.CommitAsync("of another root");
        Assert.Contains("neither HEAD nor the tip", LiveSystem.Failed(await AskAsync()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_backup_of_the_repository_the_code_is_not_backed_up() =>
        Assert.Contains("holds no repository set", LiveSystem.Failed(await AskAsync()).Detail, StringComparison.Ordinal);

    [Fact]
    public async Task Code_that_was_changed_in_place_fails_and_files_that_are_no_code_do_not()
    {
        await repository.Backup().RunAsync(Cancellation);
        repository.Files.Write(".env", "BOT_TOKEN=x");
        LiveSystem.Passed(await AskAsync());
        repository.Files.Write("main.py", "print('changed')\n");
        var failed = LiveSystem.Failed(await AskAsync());
        Assert.Equal("code/clean", failed.Name);
        Assert.Contains("main.py", failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_repository_fails()
    {
        await repository.Backup().RunAsync(Cancellation);
        var blob = await repository.GitAsync("rev-parse", "HEAD:.dockerignore");
        File.Delete(Path.Combine(repository.Source, ".git/objects", blob[..2], blob[2..]));
        Assert.Contains((await AskAsync()).Checks, check => check is { Name: "code/fsck", Passed: false });
    }

    [Fact]
    public async Task A_folder_that_is_no_repository_fails()
    {
        Directory.Delete(Path.Combine(repository.Source, ".git"), recursive: true);
        var record = await AskAsync();
        Assert.Equal(3, record.Checks.Count(check => !check.Passed));
    }

    [Fact]
    public async Task Programs_that_the_repository_names_do_not_run_as_root()
    {
        Assert.SkipUnless(FileOwner.CanGive, "Only root can look at another account's repository.");
        await repository.Backup().RunAsync(Cancellation);
        var trace = Path.Combine(repository.Source, "who");
        await repository.GitAsync("config", "core.fsmonitor", $"id -u >>{trace}; false");
        await repository.GitAsync("config", "filter.spy.clean", $"id -u >>{trace}; cat");
        await File.WriteAllTextAsync(Path.Combine(repository.Source, ".git/info/attributes"), "*.py filter=spy\n", Cancellation);
        File.SetLastWriteTimeUtc(Path.Combine(repository.Source, "main.py"), DateTime.UtcNow.AddHours(-1));
        File.SetUnixFileMode(repository.Files.Folder, (UnixFileMode)0b111_001_001);
        FileOwner.GiveTree(repository.Source, (65533, 65533));
        LiveSystem.Passed(await AskAsync());
        var ran = (await File.ReadAllTextAsync(trace, Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(ran);
        Assert.All(ran, id => Assert.Equal("65533", id));
    }

    private async Task<VerificationRecord> AskAsync(TimeSpan? rpo = null)
    {
        using var checks = new CodeChecks(
            repository.Source, rpo ?? TimeSpan.FromDays(7), new NewestSets(repository.Files.Catalog, TimeProvider.System), TimeProvider.System);
        return await new SystemVerifier(FilesTest.System, [.. checks.All()], TimeProvider.System, SilentProgress.Instance)
            .RunAsync(CheckSelection.All, Cancellation);
    }
}
