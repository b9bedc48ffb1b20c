using System.Collections.Concurrent;
using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres;

/// <summary>
/// Clusters made once a test run and then copied, which takes a tenth of the time of <c>initdb</c>. Copies share the system identifier;
/// a test that needs two different ones starts the second with other <see cref="InitOptions"/>.
/// </summary>
internal static class TestPostgresTemplate
{
    private static readonly ConcurrentDictionary<InitOptions, Lazy<Task<string>>> _templates = new();

    /// <summary>Small and quick; durability is not what tests of this project ask of the server's disk.</summary>
    public static IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["fsync"] = "off",
        ["shared_buffers"] = "32MB",
        ["max_wal_senders"] = "10",
        ["max_replication_slots"] = "10",
        ["wal_level"] = "replica",
        ["autovacuum"] = "off",
    };

    public static async Task CopyAsync(InitOptions options, string target)
    {
        var template = await _templates.GetOrAdd(options, key => new Lazy<Task<string>>(() => MakeAsync(key))).Value;
        await CopyTreeAsync(template, target);
    }

    public static async Task CopyTreeAsync(string source, string target)
    {
        var copy = await ChildProcess.RunAsync(
            new ChildProcessOptions { Program = "cp", Arguments = ["-a", "--reflink=auto", source, target] },
                TestContext.Current.CancellationToken);
        copy.ThrowIfFailed($"Copying {source}", "Is there room?");
    }

    private static async Task<string> MakeAsync(InitOptions options)
    {
        var folder = TestEnvironment.Account.CreatePrivateDirectory("twi-template-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var data = Path.Combine(folder, "data");
        await LocalServer.InitAsync(TestEnvironment.Installation, TestEnvironment.Account, data,
            options with { Password = "super-secret" }, CancellationToken.None);
        await using var server = await LocalServer.StartAsync(data, TestPostgres.Options(Settings, port: null), CancellationToken.None);
        await TestPostgres.ExecuteAsync(
            server.Connection,
            $"CREATE ROLE replicator LOGIN REPLICATION PASSWORD '{TestPostgres.ReplicatorPassword}'",
            $"CREATE ROLE app LOGIN PASSWORD '{TestPostgres.AppPassword}'",
            "CREATE DATABASE app OWNER app");
        Assert.True(await server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), CancellationToken.None));
        return data;
    }
}
