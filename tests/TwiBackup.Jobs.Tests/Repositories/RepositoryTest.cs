using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Repositories;
using TwiBackup.Tests.Files;

namespace TwiBackup.Tests.Repositories;

/// <summary>A repository like the bot's (staging and production, no main, dot entries), and a store.</summary>
internal sealed class RepositoryTest : IAsyncDisposable
{
    public FilesTest Files { get; } = new();

    public string Source => Files.Source;

    private static CancellationToken Cancellation => FilesTest.Cancellation;

    public static async Task<RepositoryTest> CreateAsync(string objectFormat = "sha1")
    {
        var test = new RepositoryTest();
        await test.GitAsync("init", "-q", "-b", "staging", $"--object-format={objectFormat}");
        await test.GitAsync("config", "user.name", "Tester");
        await test.GitAsync("config", "user.email", "tester@example.org");
        test.Files.Write("main.py", "print('hello')\n");
        test.Files.Write(".dockerignore", ".env*\n");
        test.Files.Write(".cache/faiss/schema_lookup.json", "{}\n");
        await test.CommitAsync("first");
        await test.GitAsync("branch", "production");
        await test.GitAsync("tag", "-a", "v1.0", "-m", "one");
        await test.GitAsync("notes", "add", "-m", "a note");
        test.Files.Write("main.py", "print('hello again')\n");
        await test.CommitAsync("second");
        return test;
    }

    public async Task CommitAsync(string message)
    {
        await GitAsync("add", "-A");
        await GitAsync("commit", "-q", "-m", message);
    }

    /// <summary>Runs git in the source, or in another folder; returns what it said.</summary>
    public Task<string> GitAsync(params string[] arguments) => GitInAsync(Source, arguments);

    public static async Task<string> GitInAsync(string folder, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(
            new() { Program = "git", Arguments = ["-c", "safe.directory=*", .. arguments], WorkingDirectory = folder }, Cancellation);
        return result.ThrowIfFailed($"git {arguments[0]}", result.ErrorOutput).Output.Trim();
    }

    public RepositoryBackup Backup(string? source = null, GitAccess? access = null) => new(
        Files.WriterCatalog,
        new RepositoryBackupOptions { Source = source ?? Source, Keep = TimeSpan.FromDays(365), ScratchFolder = Files.Folder },
        access ?? GitAccess.None, TimeProvider.System, Files.Progress);

    public Task<RepositoryRestoreResult> RestoreAsync(
        string folder, bool replace = false, bool bare = false, string? id = null, string? owner = null) =>
        new RepositoryRestore(
            Files.Catalog, new RepositoryRestoreOptions { Folder = folder, Replace = replace, Bare = bare, SetId = id, Owner = owner },
            TimeProvider.System, Files.Progress).RunAsync(Cancellation);

    public ValueTask DisposeAsync() => Files.DisposeAsync();
}
