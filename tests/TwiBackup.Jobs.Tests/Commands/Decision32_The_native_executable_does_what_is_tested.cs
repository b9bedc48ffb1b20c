using System.Text.Json;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Commands;

/// <summary>
/// What users run is one native executable: some things (TLS, serialisation, resources) can break there alone. ./test publishes it and
/// names it in TWIBACKUP_NATIVE; without that the managed program is taken, and the tests still mean something.
/// </summary>
public sealed class Decision32_The_native_executable_does_what_is_tested : IAsyncLifetime
{
    private readonly string folder = TestEnvironment.Account.CreatePrivateDirectory("twi-native-");
    private readonly TestCertificates certificates = new();
    private TestPostgres postgres = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Executable =>
        Environment.GetEnvironmentVariable("TWIBACKUP_NATIVE") is { Length: > 0 } native ? native : Path.Combine(AppContext.BaseDirectory, "twibackup");

    public async ValueTask InitializeAsync() => postgres = await TestPostgres.StartAsync(certificates.ServerSettings);

    public async ValueTask DisposeAsync()
    {
        await postgres.DisposeAsync();
        certificates.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task It_backs_up_through_TLS_and_SCRAM_and_restores()
    {
        await postgres.ExecuteAsync("postgres", "create table kept as select i from generate_series(1, 1000) i");
        var policy = await WritePolicyAsync("verify-full", certificates.Path("ca.pem"));

        var backup = await RunAsync("backup", "database", "--policy", policy, "--json");
        Assert.True(backup.ExitCode == 0, backup.ErrorOutput);
        using var manifest = JsonDocument.Parse(backup.Output);
        Assert.Equal("full", manifest.RootElement.GetProperty("kind").GetString());

        var list = await RunAsync("list", "--policy", policy);
        Assert.Contains(manifest.RootElement.GetProperty("id").GetString()!, list.Output, StringComparison.Ordinal);

        var data = Path.Combine(folder, "restored");
        var restore = await RunAsync("restore", "database", data, "--policy", policy);
        Assert.True(restore.ExitCode == 0, restore.ErrorOutput);
        await postgres.Server.StopAsync(StopMode.Immediate, TimeSpan.FromSeconds(30), Cancellation);
        var hba = Path.Combine(folder, "hba");
        await File.WriteAllTextAsync(hba, "local all all trust\n", Cancellation);
        TestEnvironment.Account.Chown(hba);
        await using var restored = await LocalServer.StartAsync(
            data,
            new LocalServerOptions
            {
                Installation = TestEnvironment.Installation,
                Account = TestEnvironment.Account,
                HbaFile = hba,
                Settings = new Dictionary<string, string> { ["ssl"] = "off" },
            },
            Cancellation);
        await using var session = await QueryConnection.OpenAsync(restored.Connection, Cancellation);
        Assert.Equal(1000L, await session.AskAsync<long>("select count(*) from kept", Cancellation));
    }

    [Fact]
    public async Task It_refuses_a_server_whose_authority_it_does_not_know()
    {
        var policy = await WritePolicyAsync("verify-full", certificates.Path("stranger.pem"));
        var backup = await RunAsync("backup", "database", "--policy", policy);
        Assert.Equal(1, backup.ExitCode);
        Assert.Single(backup.ErrorOutput.Trim().Split('\n'));
    }

    [Theory]
    [InlineData(0, "--help")]
    [InlineData(0, "--version")]
    [InlineData(2, "frobnicate")]
    [InlineData(2, "rehearse", "--size", "3bananas")]
    [InlineData(2, "restore", "database", "somewhere", "--at", "yesterday")]
    [InlineData(126, "wal", "fetch")]
    [InlineData(126, "wal", "fetch", "000000010000000000000001", "there", "--nonsense")]
    public async Task Its_exit_code_says_what_happened_and_the_reason_is_one_line(int expected, params string[] arguments)
    {
        var result = await RunAsync([.. arguments, .. expected == 2 && arguments[0] == "restore" ? ["--policy", await WritePolicyAsync("disable", null)] : Array.Empty<string>()]);
        Assert.Equal(expected, result.ExitCode);
        if (expected != 0)
            Assert.Single(result.ErrorOutput.Trim().Split('\n'));
    }

    private static Task<ChildResult> RunAsync(params string[] arguments) => ChildProcess.RunAsync(
        new ChildProcessOptions
        {
            Program = Executable,
            Arguments = arguments,
            Environment = new Dictionary<string, string?> { ["DB_PASSWORD"] = TestPostgres.ReplicatorPassword },
        },
        Cancellation);

    private async Task<string> WritePolicyAsync(string sslMode, string? rootCertificate)
    {
        var name = Guid.NewGuid().ToString("n");
        var keys = await KeyFiles.GenerateAsync(Path.Combine(folder, "keys-" + name), TimeProvider.System, Cancellation);
        var store = Directory.CreateDirectory(Path.Combine(folder, "store-" + name)).FullName;
        var path = Path.Combine(folder, name + ".json");
        var root = rootCertificate is null ? "" : $" sslrootcert={rootCertificate}";
        await File.WriteAllTextAsync(
            path,
            $$"""
            {
              "version": 1, "system": "twi",
              "database": { "mode": "physical", "connection": "host=localhost port={{postgres.Port}} user=replicator dbname=postgres sslmode={{sslMode}}{{root}}", "password": "env:DB_PASSWORD" },
              "stores": { "primary": "file://{{store}}" },
              "keys": { "recipients": ["{{keys.Recipient}}"], "identity": "file:{{keys.IdentityFile}}", "signingKey": "file:{{keys.SigningFile}}", "trusted": ["{{keys.SigningPublic}}"] },
              "backups": { "full": { "schedule": "0 2 * * *", "keep": "30d" }, "incremental": { "schedule": "0 * * * *", "keep": "7d" } },
              "recoveryWindow": "7d",
              "objectives": { "database": { "rpo": "1h", "rto": "2h" }, "system": { "rto": "4h" } }
            }
            """,
            Cancellation);
        return path;
    }
}
