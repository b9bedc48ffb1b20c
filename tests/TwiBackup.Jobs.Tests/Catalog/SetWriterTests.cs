using TwiBackup.Catalog;
using TwiBackup.Sealing;
using TwiBackup.Tests.Stores;
using static TwiBackup.Tests.Catalog.SampleSets;

namespace TwiBackup.Tests.Catalog;

/// <summary>Writing a set, and dying at it.</summary>
public sealed class SetWriterTests : IAsyncDisposable
{
    private readonly TestStore store = TestStores.NewFileStore();
    private readonly KeyRing keys = NewKeys();

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task Killed_at_any_byte_a_set_is_whole_or_nobody_takes_it_for_one()
    {
        const long Plenty = 1 << 20;
        var content = new byte[300];
        Random.Shared.NextBytes(content);
        var measured = new CutStore(store.Store, Plenty);
        await WriteAsync(new SetCatalog(measured, "measured", keys), SetKind.Logs, ("a", content), ("b", content));
        var whole = Plenty - measured.Left;

        var catalog = new SetCatalog(store.Store, SampleSets.System, keys);
        var sets = 0;
        // A manifest's length varies by the digits of its times, and with the link to the set before.
        for (long budget = 0; budget <= whole + 300; budget += budget > whole - 100 ? 11 : 37)
        {
            BackupSet? committed = null;
            try
            {
                committed = await WriteAsync(new SetCatalog(new CutStore(store.Store, budget), SampleSets.System, keys), SetKind.Logs, ("a", content), ("b", content));
                sets++;
            }
            catch (KilledException)
            {
                // As it must be.
            }

            var listing = await catalog.ListAsync(SetKind.Logs, Cancellation);
            Assert.Empty(listing.Refused);
            Assert.Equal(sets, listing.Sets.Count);
            if (committed is not null)
            {
                Assert.Equal(content, await ReadAsync(catalog, listing.Sets.Single(s => s.Id == committed.Id), "a"));
                Assert.Equal(content, await ReadAsync(catalog, listing.Sets.Single(s => s.Id == committed.Id), "b"));
            }
        }

        Assert.True(sets > 0, "no budget was enough");
    }

    [Theory]
    [InlineData(6)]
    [InlineData(-6)]
    public async Task A_clock_that_is_far_off_the_stores_is_refused(int minutes)
    {
        var catalog = new SetCatalog(store.Store, SampleSets.System, keys);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(
            () => SetWriter.BeginAsync(catalog, SetKind.Logs, new ShiftedClock(TimeSpan.FromMinutes(minutes)), Cancellation));
        Assert.Contains("NTP", refused.Message, StringComparison.Ordinal);
        await SetWriter.BeginAsync(catalog, SetKind.Logs, new ShiftedClock(TimeSpan.FromMinutes(minutes / 2)), Cancellation);
    }

    [Fact]
    public async Task Without_signing_key_or_recipient_no_set_is_begun()
    {
        var unsigned = new SetCatalog(store.Store, SampleSets.System, keys with { Signer = null });
        Assert.Contains("keys.signingKey", (await Assert.ThrowsAsync<TwiBackupException>(() => WriteAsync(unsigned, SetKind.Logs))).Message, StringComparison.Ordinal);
        var open = new SetCatalog(store.Store, SampleSets.System, keys with { Recipients = [] });
        Assert.Contains("keys.recipients", (await Assert.ThrowsAsync<TwiBackupException>(() => WriteAsync(open, SetKind.Logs))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_set_is_no_link_of_the_chain()
    {
        var catalog = new SetCatalog(store.Store, SampleSets.System, keys);
        var good = await WriteAsync(catalog, SetKind.Logs, ("a", [1]));
        var forged = Manifest(SetKind.Logs, Id(DateTimeOffset.UtcNow.AddDays(1)), DateTimeOffset.MaxValue);
        await PlantAsync(store.Store, keys with { Signer = SigningKey.Generate() }, SetKind.Logs, forged);
        Assert.Equal(good.Id, (await WriteAsync(catalog, SetKind.Logs, ("a", [2]))).Manifest.Previous!.Id);
    }
}
