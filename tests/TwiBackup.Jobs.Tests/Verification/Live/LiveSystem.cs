using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Scheduling;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;
using TwiBackup.Verification.Live;

namespace TwiBackup.Tests.Verification.Live;

/// <summary>A policy's <c>verification.system</c>, a store, a folder for the application's files, and questions to it.</summary>
internal sealed class LiveSystem : IAsyncDisposable
{
    private readonly TestStore store = TestStores.NewFileStore();

    public LiveSystem() => Folder = Directory.CreateTempSubdirectory("twi-live-").FullName;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The application's.</summary>
    public string Folder { get; }

    public KeyRing Keys { get; init; } = SampleSets.NewKeys();

    public SetCatalog Catalog => new(store.Store, SampleSets.System, Keys);

    public TestStore Store => store;

    public ConnectionSettings? Connection { get; init; }

    public Dictionary<string, string> Environment { get; } = new() { ["PATH"] = System.Environment.GetEnvironmentVariable("PATH")! };

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Whether the writer's signing key is here.</summary>
    public bool HasHashKey { get; init; } = true;

    public string Write(string name, string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, mode);
        return path;
    }

    /// <summary>A policy with this section <c>verification.system</c>, in which <c>DIR</c> is the application's folder.</summary>
    public BackupPolicy Policy(string system, string backups = "{}", string alerts = "{}", string heartbeat = "")
    {
        var text = TestPolicy.Text(
                alerts: alerts, backups: backups, extra: $"\"verification\": {{ \"schedule\": \"0 3 * * 0\", \"system\": {system} }},")
            .Replace("\"password\": \"env:DB_PASSWORD\"", $"\"slot\": \"twibackup\"{heartbeat}", StringComparison.Ordinal)
            .Replace("DIR", Folder, StringComparison.Ordinal);
        return PolicyFile.Parse(text, "/etc/twibackup.json");
    }

    public Task<VerificationRecord> AskAsync(string system, params string[] only) => AskAsync(Policy(system), only);

    public async Task<VerificationRecord> AskAsync(BackupPolicy policy, params string[] only)
    {
        await using var checks = Checks(policy);
        return await new SystemVerifier(policy.System, checks.All, Clock, SilentProgress.Instance)
            .RunAsync(new CheckSelection(only, []), Cancellation);
    }

    public SystemChecks Checks(BackupPolicy policy) => SystemChecks.Of(new SystemCheckContext
    {
        Policy = policy,
        Catalog = Catalog,
        Connection = () => Connection ?? throw new TwiBackupException("no database in this test"),
        Environment = Environment,
        HashKey = HasHashKey ? Keys.Signer : null,
        Clock = Clock,
    });

    /// <summary>The only check that a question brought, which must have failed.</summary>
    public static Check Failed(VerificationRecord record)
    {
        Assert.True(record.Failed);
        return Assert.Single(record.Checks, check => !check.Passed);
    }

    public static void Passed(VerificationRecord record)
    {
        Assert.All(record.Checks, check => Assert.True(check.Passed, check.ToString()));
        Assert.NotEmpty(record.Checks);
        Assert.False(record.Failed);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
