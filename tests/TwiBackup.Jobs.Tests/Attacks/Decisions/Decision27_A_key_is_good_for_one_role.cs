using TwiBackup.Catalog;
using TwiBackup.Sealing;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>On one machine the roles are told apart by their keys: each tries what is another's.</summary>
public sealed class Decision27_A_key_is_good_for_one_role : IAsyncDisposable
{
    private static readonly WalLayout Layout = new(SampleSets.System, 15, 7000000000000000001);

    private readonly TestStore store = TestStores.NewFileStore();
    private readonly KeyRing all = SampleSets.NewKeys();
    private readonly SigningKey verifier = SigningKey.Generate();

    private static CancellationToken Cancellation => SampleSets.Cancellation;

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task The_writer_opens_nothing_of_what_it_sealed()
    {
        var writer = all with { Identities = [] };
        var catalog = new SetCatalog(store.Store, SampleSets.System, writer);
        var set = await SampleSets.WriteAsync(catalog, SetKind.Logs, ("a", "secret"u8.ToArray()));
        await Assert.ThrowsAnyAsync<TwiBackupException>(() => SampleSets.ReadAsync(catalog, set, "a"));
        await new WalObjects(store.Store, writer, Layout, _ => { }).PutClusterFactsAsync(1 << 20, Cancellation);
        await Assert.ThrowsAnyAsync<TwiBackupException>(
            () => new SignedObjects(store.Store, writer).ReadAsync(Layout.ClusterFacts(1 << 20), new MemoryStream(), 1 << 20, null, Cancellation));
        Assert.Equal("secret"u8.ToArray(), await SampleSets.ReadAsync(new SetCatalog(store.Store, SampleSets.System, all), set, "a"));
    }

    [Fact]
    public async Task The_verifier_s_signature_makes_neither_a_set_nor_WAL()
    {
        var catalog = new SetCatalog(store.Store, SampleSets.System, all);
        var manifest = SampleSets.Manifest(SetKind.Logs, SampleSets.Id(SampleSets.Epoch), DateTimeOffset.MaxValue);
        await SampleSets.PlantAsync(store.Store, all with { Signer = verifier }, SetKind.Logs, manifest, "a");
        var listing = await catalog.ListAsync(SetKind.Logs, Cancellation);
        Assert.Empty(listing.Sets);
        Assert.Equal(manifest.Id, Assert.Single(listing.Refused).Id);
        await new WalObjects(store.Store, all with { Signer = verifier }, Layout, _ => { }).PutHistoryAsync(2, "1\t0/480000\tx\n"u8.ToArray(), Cancellation);
        await Assert.ThrowsAsync<ObjectRefusedException>(
            () => new SignedObjects(store.Store, all).ReadAsync(Layout.History(2), new MemoryStream(), 1 << 20, null, Cancellation));
    }

    [Fact]
    public async Task The_writer_s_signature_proves_nothing()
    {
        var log = new VerificationLog(store.Store, SampleSets.System, [verifier.Public]);
        var record = new VerificationRecord
        {
            Format = VerificationRecord.CurrentFormat,
            System = SampleSets.System,
            Id = SampleSets.Id(SampleSets.Epoch),
            Kind = "full",
            SetId = SampleSets.Id(SampleSets.Epoch, 1),
            Proven = true,
            Failed = false,
            StartedAt = SampleSets.Epoch,
            CompletedAt = SampleSets.Epoch,
            Target = "all of it",
            Checks = [],
        };
        await log.WriteAsync(record, all.Signer!, Cancellation);
        Assert.Empty(await log.ListAsync(Cancellation));
        await log.WriteAsync(record with { Id = SampleSets.Id(SampleSets.Epoch, 2) }, verifier, Cancellation);
        Assert.Single(await log.ListAsync(Cancellation));
    }

    [Fact]
    public async Task Retention_without_a_signing_key_puts_nothing()
    {
        var retention = new KeyRing([], [], null, all.Trusted);
        await Assert.ThrowsAsync<TwiBackupException>(
            () => SetWriter.BeginAsync(new SetCatalog(store.Store, SampleSets.System, retention), SetKind.Logs, TimeProvider.System, Cancellation));
        await Assert.ThrowsAsync<TwiBackupException>(
            () => new WalObjects(store.Store, retention, Layout, _ => { }).PutHistoryAsync(2, "1\t0/480000\tx\n"u8.ToArray(), Cancellation));
        await foreach (var info in store.Store.ListAsync("", null, Cancellation))
            Assert.Fail(info.Key);
    }
}
