using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Tests.Database.Dumps;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification;

/// <summary>A dump is proven by restoring it, elsewhere.</summary>
public sealed class DumpVerifierTests(DumpedServer source) : IClassFixture<DumpedServer>
{
    private static CancellationToken Cancellation => DumpedServer.Cancellation;

    /// <summary>Fault 35: the guide verified on the production server, which had to bear it and kept what failures left.</summary>
    [Fact]
    public async Task A_good_dump_is_proven_without_the_server_that_was_dumped_and_only_the_record_is_written()
    {
        await using var server = await TestPostgres.StartAsync();
        await server.ExecuteAsync("app", "create table kept as select generate_series(1, 1000) as id", "create unlogged table fast as select 1 as id", "create index on kept (id)");
        await server.ExecuteAsync("postgres", "create role \"group\"", "grant \"group\" to app", "create database other");
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        var set = await source.BackUpAsync(DumpedServer.Options("app", "other"), catalog, server.Superuser);
        server.Server.Kill();

        var before = DumpedServer.Photograph(store.Root);
        var record = await VerifyAsync(catalog);
        Assert.True(record.Proven, Failures(record));
        Assert.False(record.Failed);
        Assert.Equal(("dump", set.Id), (record.Kind, record.SetId));
        Assert.Equal(
            ["manifest signature", "restore", "roles", "rows of app", "materialized views of app", "indexes are valid of app", "sequences are not behind of app",
                "rows of other", "materialized views of other", "indexes are valid of other", "sequences are not behind of other", "pg_amcheck --heapallindexed", "server"],
            record.Checks.Select(c => c.Name));
        Assert.Contains("1001 rows in 2 tables", record.Checks.Single(c => c.Name == "rows of app").Detail, StringComparison.Ordinal);
        Assert.True(record.RestoreSeconds > 0);
        Assert.Equal(before, DumpedServer.Photograph(store.Root));

        var verifier = SigningKey.Generate();
        var log = new VerificationLog(store.Store, DumpedServer.System, [verifier.Public]);
        await log.WriteAsync(record, verifier, Cancellation);
        Assert.True(Assert.Single(await log.ListAsync(Cancellation)).Proven);
    }

    [Fact]
    public async Task Whoever_can_open_nothing_proves_nothing()
    {
        var blind = new SetCatalog(source.Store.Store, DumpedServer.System, source.Keys with { Identities = [] });
        Assert.Equal(ExitCode.WrongUse, (await Assert.ThrowsAsync<TwiBackupException>(() => VerifyAsync(blind))).ExitCode);
        var record = await new StructureVerifier(blind, TimeProvider.System, SilentProgress.Instance).RunAsync(SetKind.Dump, null, Cancellation);
        Assert.False(record.Proven);
        Assert.False(record.Failed);
    }

    [Fact]
    public async Task Roles_that_did_not_come_as_they_were_are_told()
    {
        var globals = TwiBackup.Database.Dumps.Globals.Parse("""
            CREATE ROLE postgres;
            ALTER ROLE postgres WITH PASSWORD 'another one, which does not matter';
            CREATE ROLE app;
            ALTER ROLE app WITH LOGIN PASSWORD 'SCRAM-SHA-256$4096:not-his';
            CREATE ROLE lost;
            GRANT app TO cognita_bot GRANTED BY postgres;
            """);
        await using var session = await QueryConnection.OpenAsync(source.Superuser, Cancellation);
        var wrong = await RoleChecks.RunAsync(globals, "postgres", session, Cancellation);
        Assert.Equal(["app has another password", "cognita_bot is no member of app", "lost is missing"], wrong.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_server_older_than_the_dump_is_refused_in_one_line()
    {
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        await SealNewerAsync(catalog);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => VerifyAsync(catalog));
        Assert.Contains("postgresql-17", refused.Message.Replace("postgresql-18", "postgresql-17", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private async Task SealNewerAsync(SetCatalog catalog)
    {
        var writer = await SetWriter.BeginAsync(catalog, SetKind.Dump, TimeProvider.System, Cancellation);
        var major = Math.Max(TestEnvironment.Installation.Major + 1, PostgresInstallation.NewestMajor);
        await writer.CommitAsync(
            TimeSpan.FromDays(1),
            m => m with { Database = source.Set.Manifest.Database! with { ServerVersion = major * 10000 }, Dump = source.Set.Manifest.Dump },
            Cancellation);
    }

    private static async Task<VerificationRecord> VerifyAsync(SetCatalog catalog)
    {
        var scratch = TestEnvironment.Account.CreatePrivateDirectory("twi-verify-dump-");
        try
        {
            var record = await new DumpVerifier(
                catalog, scratch, TestEnvironment.Account, TestEnvironment.Variables, TimeProvider.System, SilentProgress.Instance).RunAsync(null, Cancellation);
            Assert.Empty(Directory.EnumerateFileSystemEntries(scratch));
            return record;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static string Failures(VerificationRecord record) =>
        string.Join("; ", record.Checks.Where(c => !c.Passed).Select(c => $"{c.Name}: {c.Detail}"));
}
