using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Database.Dumps;
using TwiBackup.Postgres;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Database.Dumps;

/// <summary>
/// Faults 2 to 5 of the guide: its check could not fail, so that a truncated, bent or empty dump passed as good and destroyed production.
/// Here every such dump is refused, production stays as it is and nothing is left, and its verification fails.
/// </summary>
public sealed class DumpDamageTests(DumpedServer source) : IClassFixture<DumpedServer>
{
    private static CancellationToken Cancellation => DumpedServer.Cancellation;

    private string Object => source.Set.Manifest.Dump!.Databases[0].Object;

    [Theory]
    [InlineData("truncated")]
    [InlineData("cut to nothing")]
    [InlineData("one byte flipped")]
    [InlineData("missing")]
    public async Task A_stored_dump_that_was_damaged_is_refused_and_production_is_untouched(string damage)
    {
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        var set = await source.BackUpAsync(catalog: catalog);
        var path = Path.Combine(store.Root, set.Key(set.Manifest.Objects.Single(o => o.Name == Object)));
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        switch (damage)
        {
            case "truncated":
                await File.WriteAllBytesAsync(path, bytes[..(bytes.Length * 3 / 4)], Cancellation);
                break;
            case "cut to nothing":
                await File.WriteAllBytesAsync(path, [], Cancellation);
                break;
            case "one byte flipped":
                bytes[bytes.Length / 2] ^= 1;
                await File.WriteAllBytesAsync(path, bytes, Cancellation);
                break;
            default:
                File.Delete(path);
                break;
        }

        await RefusedAsync(catalog, set.Key(set.Manifest.Objects.Single(o => o.Name == Object)), verify: damage == "truncated");
        var structure = await new StructureVerifier(catalog, TimeProvider.System, Progress.SilentProgress.Instance).RunAsync(SetKind.Dump, null, Cancellation);
        Assert.True(structure.Failed);
    }

    [Fact]
    public async Task An_archive_that_was_cut_before_it_was_sealed_is_refused_and_production_is_untouched()
    {
        var archive = await source.OpenAsync(Object);
        await using var store = TestStores.NewFileStore();
        await source.SealAsync(source.CatalogOn(store), archive[..(archive.Length - (archive.Length / 4))]);
        await RefusedAsync(source.CatalogOn(store), "end of file", verify: true);
    }

    [Fact]
    public async Task A_letter_that_was_bent_before_it_was_sealed_is_refused_and_production_is_untouched()
    {
        var archive = await source.OpenAsync(Object);
        var at = archive.AsSpan().IndexOf("quote 7"u8);
        Assert.True(at > 0);
        archive[at] = (byte)'Q';
        await using var store = TestStores.NewFileStore();
        await source.SealAsync(source.CatalogOn(store), archive);
        await RefusedAsync(source.CatalogOn(store), "public.quotes: 15 rows as expected, but not the same ones", verify: true);
    }

    [Fact]
    public async Task A_dump_of_an_empty_database_is_refused_and_production_is_untouched()
    {
        await source.Bot.Server.ExecuteAsync("postgres", "drop database if exists empty", "create database empty");
        await using var scratch = TestStores.NewFileStore();
        var empty = await source.BackUpAsync(DumpedServer.Options("empty"), source.CatalogOn(scratch));
        using var content = new MemoryStream();
        await SetObjects.ReadAsync(
            source.CatalogOn(scratch), empty, empty.Manifest.Objects.Single(o => o.Name == "empty.dump.zst.age"),
            async plain =>
            {
                await plain.CopyToAsync(content, Cancellation);
                return true;
            },
            Progress.SilentProgress.Instance, Cancellation);
        await using var store = TestStores.NewFileStore();
        await source.SealAsync(source.CatalogOn(store), content.ToArray());
        await RefusedAsync(source.CatalogOn(store), "the table is missing", verify: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PGDMP")]
    [InlineData("-- PostgreSQL database dump\nselect 1;\n")]
    public async Task What_is_no_archive_at_all_is_refused_and_production_is_untouched(string content)
    {
        await using var store = TestStores.NewFileStore();
        await source.SealAsync(source.CatalogOn(store), Encoding.UTF8.GetBytes(content));
        await RefusedAsync(source.CatalogOn(store), "pg_restore can't read it", verify: content.Length == 0);
    }

    [Fact]
    public async Task A_set_that_does_not_say_what_it_holds_is_refused()
    {
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        await SampleSets.WriteAsync(catalog, SetKind.Dump, (Object, [1, 2, 3]));
        await RefusedAsync(catalog, "no dump set that this program knows", verify: true);
    }

    [Fact]
    public async Task When_the_newest_dump_is_damaged_the_one_before_is_used_and_that_is_said()
    {
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        var good = await source.BackUpAsync(catalog: catalog);
        var bad = await source.BackUpAsync(catalog: catalog);
        var (older, newer) = string.CompareOrdinal(good.Id, bad.Id) < 0 ? (good, bad) : (bad, good);
        File.Delete(Path.Combine(store.Root, newer.Key(newer.Manifest.Objects[0])));
        var progress = new Files.RecordedProgress();
        var result = await source.RestoreAsync(new DumpRestoreOptions { As = "fallen_back" }, catalog: catalog, progress: progress);
        Assert.Equal(older.Id, result.Set.Id);
        Assert.Contains(progress.Warned, w => w.Contains($"Falling back to dump/{older.Id}", StringComparison.Ordinal));
        Assert.Equal(["fallen_back"], (await DumpedServer.DatabasesAsync(source.Superuser)).Where(d => d.StartsWith("fallen", StringComparison.Ordinal)));
        // Named, it is that one or none.
        await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(new DumpRestoreOptions { SetId = newer.Id, As = "named" }, catalog: catalog));
    }

    /// <summary>A restore over production that is told to replace it: refused, nothing renamed, nothing left; and the verification fails, too.</summary>
    /// <param name="catalog">Where the dump lies.</param>
    /// <param name="said">A part of the reason.</param>
    /// <param name="verify">Whether it is verified, too, which takes a new cluster.</param>
    private async Task RefusedAsync(SetCatalog catalog, string said, bool verify)
    {
        var production = await source.ProductionAsync();
        var (digests, databases) = (await DumpedServer.DigestsAsync(production), await DumpedServer.DatabasesAsync(source.Superuser));
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(
            new DumpRestoreOptions { As = production.Database, Replace = true, Disconnect = true }, catalog: catalog));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(databases, await DumpedServer.DatabasesAsync(source.Superuser));
        Assert.Equal(digests, await DumpedServer.DigestsAsync(production));

        if (!verify)
            return;
        var scratch = TestEnvironment.Account.CreatePrivateDirectory("twi-damage-");
        try
        {
            var record = await new DumpVerifier(
                catalog, scratch, TestEnvironment.Account, TestEnvironment.Variables, TimeProvider.System, Progress.SilentProgress.Instance).RunAsync(null, Cancellation);
            Assert.True(record.Failed);
            Assert.False(record.Proven);
            Assert.Empty(Directory.EnumerateFileSystemEntries(scratch));
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
