using TwiBackup.AppHost.Tests.Support;
using TwiBackup.Postgres;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;

namespace TwiBackup.AppHost.Tests;

/// <summary>
/// The seam between the wiring and the jobs: what the containers would run, run with exactly the arguments and environment of the model,
/// against this machine's PostgreSQL and a real S3 server.
/// </summary>
public sealed class SeamTests : IAsyncLifetime
{
    private const string Superuser = "super-secret";

    private readonly string folder = TestEnvironment.Account.CreatePrivateDirectory("twi-seam-");
    private TestPostgres postgres = null!;
    private Model model = null!;

    public async ValueTask InitializeAsync()
    {
        // What a server account of its own works in must let it through.
        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("755", 8));
        var store = await S3TestServer.GetAsync();
        var owner = store.EnvironmentOf("owner");
        postgres = await TestPostgres.StartAsync();
        model = Model.Build(
            ("Parameters:postgres-password", Superuser),
            ("Parameters:aws-access-key-id", owner[Secrets.AccessKey]),
            ("Parameters:aws-secret-access-key", owner[Secrets.SecretKey]));
        model.Listens("postgres", 5432, postgres.Port);
        model.Listens("store", 8333, store.Endpoint.Port);
        model.Listens("store-replica", 8333, store.Endpoint.Port);
        await MakeRolesAsync();
        await RunAsync("store-setup");
    }

    public async ValueTask DisposeAsync()
    {
        await model.DisposeAsync();
        await postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_stand_in_writes_it_is_backed_up_verified_and_comes_back()
    {
        Assert.Contains("has the stand-in's schema.", await RunAsync("bot-database"), StringComparison.Ordinal);
        // As after a restart with the volumes that are there.
        Assert.Contains("already", await RunAsync("bot-database"), StringComparison.Ordinal);
        Assert.Contains("was there, versioned, with object lock", await RunAsync("store-setup"), StringComparison.Ordinal);

        await using var bot = await StartAsync("bot", argument => argument.Replace("/var/lib/twibackup", folder, StringComparison.Ordinal));
        await bot.UntilAsync(async () => await postgres.ScalarAsync("select count(*) from heartbeat", Postgres.Database) != "0");

        await RunAsync("backup-database");
        await using (var schedule = await StartAsync("jobs"))
        {
            await schedule.UntilAsync("backup restore-point succeeded");
            await schedule.UntilAsync(async () => (await HealthAsync()).Contains("WAL is received", StringComparison.Ordinal));
            await bot.StopAsync();
            // Stops as a container does: what is received is stored first.
            Assert.Equal(0, await schedule.StopAsync());
        }

        Assert.Contains("is proven", await RunAsync("verify-database"), StringComparison.Ordinal);
        // There is no /app on this machine, so not everything that is promised is there; the full is.
        var status = await RunAsync("status", 3);
        Assert.Contains("full_age=", status, StringComparison.Ordinal);
        Assert.DoesNotContain("; full:", status, StringComparison.Ordinal);

        // Where an empty volume would be.
        var volume = TestEnvironment.Account.CreatePrivateDirectory("twi-seam-");
        var target = Path.Combine(volume, "data");
        var recovered = await RunAsync("recovery", argument => argument.Replace(Postgres.DataFolder, target, StringComparison.Ordinal));
        Assert.NotNull(DisasterExtensions.LastCommit(new JobEnd(0, recovered.Split('\n'))));
        await AssertBotIsWholeAsync(target);
    }

    /// <summary>The same rehearsal that <c>--headless</c> runs, in small.</summary>
    [Fact]
    public async Task A_rehearsal_goes_to_the_bucket_that_its_setup_made()
    {
        await RunAsync("store-rehearsals");
        var (environment, arguments) = await model.ConfigurationOfAsync("rehearsal");
        await using var rehearsal = Container.Start(
            Repository.PathOf("jobs", "entrypoint"),
            [.. arguments.Select(argument => argument.Replace("/reports", folder, StringComparison.Ordinal)), "--size", "20MB", "--kills", "1"],
            environment, folder);
        var (code, log) = await rehearsal.EndAsync();
        Assert.True(code == 0, log);
        Assert.StartsWith("Lost ", JobRun.Plain(new LogLine(1, log.Split('\n')[^1], false)), StringComparison.Ordinal);
        Assert.Contains("\"components\"", await File.ReadAllTextAsync(Path.Combine(folder, "last.json")), StringComparison.Ordinal);
    }

    /// <summary>What PostgreSQL's image runs when it makes the cluster.</summary>
    private async Task MakeRolesAsync()
    {
        var (environment, _) = await model.ConfigurationOfAsync("postgres");
        var variables = new Dictionary<string, string>(environment)
        {
            // As the image's entrypoint has it: the socket of the server that is being made, and its folder.
            ["PGHOST"] = postgres.Superuser.Host,
            ["PGPORT"] = postgres.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["PGDATA"] = postgres.DataDirectory,
        };
        await using var script = Container.Start(Repository.PathOf("apphost", "postgres", "roles.sh"), [], variables, folder);
        var (code, log) = await script.EndAsync();
        Assert.True(code == 0, log);
        await postgres.ExecuteAsync("postgres", "select pg_reload_conf()");
        Assert.Equal("True", await postgres.ScalarAsync($"select rolreplication and not rolsuper from pg_roles where rolname = '{Postgres.BackupRole}'"));
    }

    private async Task AssertBotIsWholeAsync(string target)
    {
        await using var restored = await TestPostgres.StartOnAsync(target);
        await using var connection = await QueryConnection.OpenAsync(
            restored.Superuser with { Database = Postgres.Database }, TestContext.Current.CancellationToken);
        foreach (var check in await BotChecks.RunAsync(connection, BotSchema.DefaultRole, TestContext.Current.CancellationToken))
            Assert.True(check.Passed, $"{check.Name}: {check.Detail}");
        Assert.Equal(
            await postgres.ScalarAsync("select max(id) from heartbeat", Postgres.Database),
            await restored.ScalarAsync("select max(id) from heartbeat", Postgres.Database));
    }

    private async Task<string> HealthAsync()
    {
        await using var health = Container.Start(Repository.PathOf("jobs", "entrypoint"), ["schedule", "--health"], new Dictionary<string, string>(), folder);
        return (await health.EndAsync()).Log;
    }

    private Task<Container> StartAsync(string name, Func<string, string>? argument = null) => Container.StartAsync(model, name, folder, argument);

    private Task<string> RunAsync(string name, params int[] expected) => RunAsync(name, argument => argument, expected);

    private async Task<string> RunAsync(string name, Func<string, string> argument, params int[] expected)
    {
        await using var container = await StartAsync(name, argument);
        var (code, log) = await container.EndAsync();
        Assert.True((expected.Length == 0 ? [0] : expected).Contains(code), $"{name} ended with {code}: {log}");
        return log;
    }
}
