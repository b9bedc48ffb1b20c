using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Database;

/// <summary>Debian keeps the configuration in /etc/postgresql, so a base backup brings none along (decision 8).</summary>
public sealed class Decision08_Configuration_outside_the_data_directory_comes_back
{
    private const string CreateCluster = "/usr/bin/pg_createcluster";

    [Fact]
    public async Task A_cluster_with_its_configuration_elsewhere_comes_back_with_a_minimal_one()
    {
        Assert.SkipUnless(File.Exists(CreateCluster) && Environment.UserName == "root", "needs Debian's pg_createcluster and root");
        var major = TestEnvironment.Installation.Major.ToString(CultureInfo.InvariantCulture);
        var name = $"twi{Guid.NewGuid():n}"[..12];
        var folder = TestEnvironment.Account.CreatePrivateDirectory("twi-deb-");
        var port = LocalServer.FreePort();
        try
        {
            await RunAsync(CreateCluster, major, name, "-d", Path.Combine(folder, "data"), "-l", Path.Combine(folder, "log"), "-s", folder, "-p", $"{port}", "-u", "postgres");
            await File.WriteAllTextAsync($"/etc/postgresql/{major}/{name}/pg_hba.conf", "local all all trust\nlocal replication all trust\n", BackedUpServer.Cancellation);
            await RunAsync("/usr/bin/pg_ctlcluster", major, name, "start", "-o", "-c fsync=off -c max_connections=37");
            var connection = new ConnectionSettings { Host = folder, Port = port, User = "postgres", Database = "postgres" };
            await TestPostgres.ExecuteAsync(connection, "create table rows as select generate_series(1, 42) id");
            Assert.False(File.Exists(Path.Combine(folder, "data", "postgresql.conf")));

            await using var store = TestStores.NewFileStore();
            var catalog = new SetCatalog(store.Store, "debian", BackedUpServer.NewKeys());
            await new FullBackup(catalog, connection, BackedUpServer.Options(), TimeProvider.System, SilentProgress.Instance).RunAsync(BackedUpServer.Cancellation);
            var plan = await new RestorePlanner(catalog, TimeProvider.System).PlanAsync(RecoveryTarget.Latest, null, BackedUpServer.Cancellation);
            var path = Path.Combine(folder, "restored");
            var restore = new DatabaseRestore(
                catalog, TestEnvironment.Installation, TestEnvironment.Account, new RestoreOptions { DataDirectory = path }, SilentProgress.Instance);
            await using (var server = await restore.RunAsync(plan, BackedUpServer.Cancellation))
            {
                Assert.Equal(["postgresql.conf", "pg_hba.conf", "pg_ident.conf"], server.WrittenFiles);
                await server.CompleteAsync(BackedUpServer.Cancellation);
            }

            // Started as its owner would, by what stands in the directory.
            var conf = await File.ReadAllTextAsync(Path.Combine(path, "postgresql.conf"), BackedUpServer.Cancellation);
            Assert.Contains("max_connections = '37'", conf, StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(path, "postgresql.conf")));
            await RunAsAccountAsync("pg_ctl", "-D", path, "-w", "-l", Path.Combine(folder, "restored.log"), "-o", $"-k {folder} -p {port + 1} -c listen_addresses=", "start");
            try
            {
                await RunAsAccountAsync("psql", "-h", folder, "-p", $"{port + 1}", "-c", "select 1/(case when count(*) = 42 then 1 else 0 end) from rows");
            }
            finally
            {
                await RunAsAccountAsync("pg_ctl", "-D", path, "-m", "immediate", "stop");
            }
        }
        finally
        {
            await ChildProcess.RunAsync(new ChildProcessOptions { Program = "/usr/bin/pg_dropcluster", Arguments = ["--stop", major, name] }, CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments) =>
        (await ChildProcess.RunAsync(new ChildProcessOptions { Program = program, Arguments = arguments }, BackedUpServer.Cancellation)).ThrowIfFailed(program, "");

    private static async Task RunAsAccountAsync(string tool, params string[] arguments) =>
        (await ChildProcess.RunAsync(
            new ChildProcessOptions { Program = TestEnvironment.Installation.Tool(tool), Arguments = arguments, Account = TestEnvironment.Account },
            BackedUpServer.Cancellation)).ThrowIfFailed(tool, "");
}
