using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>Bytes that are as they were signed may still be nothing that anybody can open: only opening them proves that.</summary>
public sealed class Decision28_Without_the_identity_nothing_is_proven
{
    [Fact]
    public async Task A_set_that_nobody_can_open_has_the_right_structure_and_is_never_called_proven()
    {
        await using var store = TestStores.NewFileStore();
        var keys = SampleSets.NewKeys();
        // Sealed to a recipient whose identity nobody has: signed, listed, every length and hash in order.
        var lost = new SetCatalog(store.Store, SampleSets.System, keys with { Recipients = [AgeIdentity.Generate().Recipient], Identities = [] });
        var set = await SampleSets.WriteAsync(lost, SetKind.Logs, ("a", Encoding.ASCII.GetBytes("nobody reads this")));
        var record = await new StructureVerifier(lost, TimeProvider.System, SilentProgress.Instance).RunAsync(SetKind.Logs, set.Id, SampleSets.Cancellation);
        Assert.False(record.Failed);
        Assert.False(record.Proven);
        Assert.Contains("not proven", record.Target, StringComparison.Ordinal);
        // Whoever has an identity finds out.
        var opener = new SetCatalog(store.Store, SampleSets.System, keys);
        await Assert.ThrowsAnyAsync<TwiBackupException>(() => SampleSets.ReadAsync(opener, set, "a"));

        // And what the structure does show, it shows without one: a byte more, a byte less, a byte changed, nothing there.
        var path = Path.Combine(store.Root, set.Key(set.Manifest.Objects[0]));
        var whole = await File.ReadAllBytesAsync(path, SampleSets.Cancellation);
        byte[] changed = [.. whole[..^1], (byte)(whole[^1] ^ 1)];
        foreach (var bytes in (byte[]?[])[[.. whole, 0], whole[..^1], changed, null])
        {
            File.Delete(path);
            if (bytes is not null)
                await File.WriteAllBytesAsync(path, bytes, SampleSets.Cancellation);
            record = await new StructureVerifier(lost, TimeProvider.System, SilentProgress.Instance).RunAsync(SetKind.Logs, set.Id, SampleSets.Cancellation);
            Assert.True(record.Failed);
            Assert.False(record.Proven);
        }
    }
}
