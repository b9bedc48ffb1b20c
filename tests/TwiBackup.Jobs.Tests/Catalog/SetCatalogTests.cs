using System.Diagnostics;
using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Stores;
using static TwiBackup.Tests.Catalog.SampleSets;

namespace TwiBackup.Tests.Catalog;

/// <summary>What the catalog takes for a set, and what not.</summary>
public sealed class SetCatalogTests : IAsyncDisposable
{
    private readonly TestStore store = TestStores.NewFileStore();
    private readonly KeyRing keys = NewKeys();
    private readonly SetCatalog catalog;

    public SetCatalogTests() => catalog = new SetCatalog(store.Store, SampleSets.System, keys);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task A_set_that_was_written_is_read_back_with_its_objects()
    {
        var first = await WriteAsync(catalog, SetKind.Logs, ("a.log", "hello"u8.ToArray()));
        var second = await WriteAsync(catalog, SetKind.Logs, ("a.log", "world"u8.ToArray()), ("b/c.log", []));
        var listing = await catalog.ListAsync(SetKind.Logs, Cancellation);
        Assert.Empty(listing.Refused);
        Assert.Equal(new[] { first.Id, second.Id }.Order(StringComparer.Ordinal), listing.Sets.Select(s => s.Id));
        var read = await catalog.ReadAsync(SetKind.Logs, second.Id, Cancellation);
        Assert.Contains(read.Manifest.Previous, (PreviousSet[])[new PreviousSet(first.Id, first.ManifestSha256)]);
        Assert.Equal("world"u8.ToArray(), await ReadAsync(catalog, read, "a.log"));
        Assert.Empty(await ReadAsync(catalog, read, "b/c.log"));
    }

    [Fact]
    public async Task A_set_without_manifest_is_not_a_backup()
    {
        var set = await WriteAsync(catalog, SetKind.Full, ("base.0000.tar.zst.age", new byte[1000]));
        await store.Store.DeleteAsync(set.Manifest.Prefix + CatalogKeys.ManifestName, null, Cancellation);
        Assert.Empty(await catalog.ListIdsAsync(SetKind.Full, Cancellation));
        var listing = await catalog.ListAsync(SetKind.Full, Cancellation);
        Assert.Empty(listing.Sets);
        Assert.Empty(listing.Refused);
        await Assert.ThrowsAsync<ObjectMissingException>(() => catalog.ReadAsync(SetKind.Full, set.Id, Cancellation));
    }

    [Fact]
    public async Task A_manifest_without_a_signature_is_refused_and_named()
    {
        var set = await WriteAsync(catalog, SetKind.Logs, ("a", [1]));
        await store.Store.DeleteAsync(set.Manifest.Prefix + CatalogKeys.SignatureName, null, Cancellation);
        await RefusedAsync(SetKind.Logs, set.Id, "without a signature");
    }

    [Fact]
    public async Task A_manifest_edited_by_hand_is_refused_and_named()
    {
        var set = await WriteAsync(catalog, SetKind.Logs, ("a", [1]));
        var path = Path.Combine(store.Root, set.Manifest.Prefix, CatalogKeys.ManifestName);
        var text = await File.ReadAllTextAsync(path, Cancellation);
        await File.WriteAllTextAsync(path, text.Replace("\"plainLength\": 1", "\"plainLength\": 2", StringComparison.Ordinal), Cancellation);
        await RefusedAsync(SetKind.Logs, set.Id, set.Manifest.Prefix);
    }

    [Fact]
    public async Task A_manifest_signed_by_a_stranger_is_refused_and_named()
    {
        var set = await WriteAsync(catalog, SetKind.Logs, ("a", [1]));
        var forged = set.Manifest with { KeepUntil = DateTimeOffset.MaxValue };
        await OverwriteAsync(set.Manifest.Prefix, Sign(SigningKey.Generate(), forged));
        await RefusedAsync(SetKind.Logs, set.Id, set.Manifest.Prefix);
    }

    [Theory]
    [InlineData("another id")]
    [InlineData("another kind")]
    [InlineData("another system")]
    public async Task A_copied_set_is_a_replay_and_refused(string where)
    {
        var set = await WriteAsync(catalog, SetKind.Logs, ("a", [1]));
        var (system, kind, id) = where switch
        {
            "another id" => (SampleSets.System, SetKind.Logs, Id(Epoch.AddYears(1))),
            "another kind" => (SampleSets.System, SetKind.Repository, set.Id),
            _ => ("other", SetKind.Logs, set.Id),
        };
        foreach (var name in (string[])["a", CatalogKeys.SignatureName, CatalogKeys.ManifestName])
        {
            var bytes = await store.Store.ReadBytesAsync(set.Manifest.Prefix + name, 1 << 20, Cancellation);
            await store.Store.PutBytesAsync(CatalogKeys.SetPrefix(system, kind, id) + name, bytes, PutCondition.IfAbsent, Cancellation);
        }

        var there = new SetCatalog(store.Store, system, keys);
        var refused = await Assert.ThrowsAsync<UntrustedManifestException>(() => there.ReadAsync(kind, id, Cancellation));
        Assert.Contains("was signed for " + set.Manifest.Prefix, refused.Message, StringComparison.Ordinal);
        var listing = await there.ListAsync(kind, Cancellation);
        Assert.Equal([id], listing.Refused.Select(r => r.Id));
        Assert.DoesNotContain(listing.Sets, s => s.Id == id);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    public async Task A_signed_manifest_that_says_what_cannot_be_is_refused(string name)
    {
        var manifest = Manifest(SetKind.Logs, Id(Epoch), Epoch.AddYears(10)) with { Objects = [new ManifestObject(name, 1, new string('a', 64), 1)] };
        await OverwriteAsync(manifest.Prefix, Sign(keys.Signer!, manifest));
        await RefusedAsync(SetKind.Logs, manifest.Id, "says what can't be");
    }

    [Theory]
    [InlineData(CatalogKeys.ManifestName, 65 << 20)]
    [InlineData(CatalogKeys.SignatureName, 8192)]
    public async Task A_planted_giant_is_refused_and_hides_no_other_set(string name, int length)
    {
        var good = await WriteAsync(catalog, SetKind.Logs, ("a", [1]));
        var planted = Manifest(SetKind.Logs, Id(Epoch.AddYears(1)), Epoch.AddYears(10));
        await OverwriteAsync(planted.Prefix, Sign(keys.Signer!, planted));
        await using (var giant = await store.Store.CreateAsync(planted.Prefix + name, PutCondition.Replace, Cancellation))
        {
            for (var block = new byte[8192]; length > 0; length -= block.Length)
                await giant.WriteAsync(block, Cancellation);
            await giant.CommitAsync(Cancellation);
        }

        var listing = await catalog.ListAsync(SetKind.Logs, Cancellation);
        Assert.Equal([good.Id], listing.Sets.Select(s => s.Id));
        Assert.Equal([planted.Id], listing.Refused.Select(r => r.Id));
    }

    [Fact]
    public async Task Physical_sets_are_ordered_by_timeline_and_lsn_and_not_by_clocks()
    {
        // A job whose clock was wrong gave the older state the newer id.
        var ids = (string[])[Id(Epoch.AddDays(3)), Id(Epoch.AddDays(2)), Id(Epoch.AddDays(1)), Id(Epoch)];
        var facts = (SourceFacts[])
        [
            Facts(1, 0x1000000, 0x2000000, Epoch.AddDays(1)), Facts(1, 0x5000000, 0x6000000, Epoch.AddDays(2)),
            Facts(2, 0x3000000, 0x4000000, Epoch.AddDays(3)), Facts(2, 0x3000000, 0x5000000, Epoch.AddDays(4)),
        ];
        for (var i = 0; i < 4; i++)
            await PlantAsync(store.Store, keys, SetKind.Full, Manifest(SetKind.Full, ids[i], Epoch.AddYears(10), facts[i]));
        var listing = await catalog.ListAsync(SetKind.Full, Cancellation);
        Assert.Equal(ids, listing.Sets.Select(s => s.Id));
        Assert.Equal(ids[3], listing.Newest(Epoch)!.Id);
        Assert.Null(listing.Newest(Epoch.AddYears(11)));

        // Of two clusters the one with the newest id comes last.
        var other = await PlantAsync(
            store.Store, keys, SetKind.Full, Manifest(SetKind.Full, Id(Epoch.AddDays(9)), Epoch.AddYears(10), Facts(1, 0x100000, 0x200000, Epoch, "7000000000000000002")));
        Assert.Equal(other.Id, (await catalog.ListAsync(SetKind.Full, Cancellation)).Sets[^1].Id);
    }

    [Fact]
    public async Task What_was_refused_is_said_when_nothing_else_is_there()
    {
        var set = await WriteAsync(catalog, SetKind.Full, ("base.0000.tar.zst.age", [1]));
        await store.Store.DeleteAsync(set.Manifest.Prefix + CatalogKeys.SignatureName, null, Cancellation);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(
            () => new RestorePlanner(catalog, TimeProvider.System).PlanAsync(RecoveryTarget.Latest, null, Cancellation));
        Assert.Contains("without a signature", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_sets_are_listed_in_two_seconds()
    {
        var (bytes, signature) = Sign(keys.Signer!, Manifest(SetKind.Full, Id(Epoch), Epoch));
        for (var i = 0; i < 10_000; i++)
        {
            // As a job leaves them, without its syncs: ten thousand sets take days to make, and what is measured is reading.
            var folder = Path.Combine(store.Root, CatalogKeys.SetPrefix(SampleSets.System, SetKind.Full, Id(Epoch.AddMinutes(i))));
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Combine(folder, CatalogKeys.SignatureName), signature, Cancellation);
            await File.WriteAllBytesAsync(Path.Combine(folder, CatalogKeys.ManifestName), bytes, Cancellation);
            await File.WriteAllBytesAsync(Path.Combine(folder, "base.0000.tar.zst.age"), [], Cancellation);
        }

        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal(10_000, (await catalog.ListIdsAsync(SetKind.Full, Cancellation)).Count);
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"ListIdsAsync of 10,000 sets: {best.TotalSeconds:0.000} s");
        Assert.True(best < TimeSpan.FromSeconds(2), $"{best.TotalSeconds:0.00} s");
    }

    [Fact]
    public async Task A_thousand_sets_are_read_and_checked()
    {
        for (var i = 0; i < 1000; i++)
        {
            var manifest = Manifest(SetKind.Full, Id(Epoch.AddMinutes(i)), Epoch.AddYears(10));
            var (bytes, signature) = Sign(keys.Signer!, manifest);
            var folder = Path.Combine(store.Root, manifest.Prefix);
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Combine(folder, CatalogKeys.SignatureName), signature, Cancellation);
            await File.WriteAllBytesAsync(Path.Combine(folder, CatalogKeys.ManifestName), bytes, Cancellation);
        }

        var watch = Stopwatch.StartNew();
        Assert.Equal(1000, (await catalog.ListAsync(SetKind.Full, Cancellation)).Sets.Count);
        TestContext.Current.TestOutputHelper!.WriteLine($"ListAsync of 1,000 sets: {watch.Elapsed.TotalSeconds:0.000} s");
    }

    private async Task RefusedAsync(SetKind kind, string id, string said)
    {
        var refused = await Assert.ThrowsAsync<UntrustedManifestException>(() => catalog.ReadAsync(kind, id, Cancellation));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        var listing = await catalog.ListAsync(kind, Cancellation);
        Assert.Empty(listing.Sets);
        Assert.Equal([id], listing.Refused.Select(r => r.Id));
        Assert.Contains(said, listing.Refused[0].Reason, StringComparison.Ordinal);
    }

    private async Task OverwriteAsync(string prefix, (byte[] Bytes, byte[] Signature) content)
    {
        await store.Store.PutBytesAsync(prefix + CatalogKeys.SignatureName, content.Signature, PutCondition.Replace, Cancellation);
        await store.Store.PutBytesAsync(prefix + CatalogKeys.ManifestName, content.Bytes, PutCondition.Replace, Cancellation);
    }
}
