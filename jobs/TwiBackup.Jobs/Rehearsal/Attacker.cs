using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Rehearsal;

/// <summary>
/// Who has taken the host, and with it the writer's rights in the store and the writer's keys. Tries everything with them: plants forged
/// sets and WAL, one set of them signed with the host's own key, overwrites what is there, deletes it, and deletes what versions are left.
/// </summary>
internal sealed class Attacker(IObjectStore store, KeyRing keys)
{
    private const int LargestJunk = 64 << 10;

    private readonly SetCatalog catalog = new(store, Local.LocalSystem.Name, keys);
    private readonly AttackTally tally = new();

    /// <summary>Does its worst. What the store refuses is counted.</summary>
    public async Task<AttackTally> RunAsync(CancellationToken cancellationToken)
    {
        var found = await KeysAsync(cancellationToken);
        foreach (var set in (await catalog.ListAsync(SetKind.Full, cancellationToken)).Sets.TakeLast(1))
        {
            await PlantSetsAsync(set, cancellationToken);
            await PlantWalAsync(set, found, cancellationToken);
        }

        foreach (var key in found)
            await tally.TryAsync(Deed.Overwrite, () => store.PutBytesAsync(key, Junk(), PutCondition.Replace, cancellationToken));
        foreach (var key in found)
            await tally.TryAsync(Deed.Delete, () => store.DeleteAsync(key, null, cancellationToken));
        foreach (var version in await VersionsAsync(cancellationToken))
            await tally.TryAsync(Deed.Destroy, () => store.DeleteAsync(version.Key, version.Version, cancellationToken));
        return tally;
    }

    /// <summary>Newer fulls: a copy, one signed by somebody else, one signed by nobody, and one by the host's own key, whose data is junk.</summary>
    private async Task PlantSetsAsync(BackupSet newest, CancellationToken cancellationToken)
    {
        var manifest = await store.ReadBytesAsync(newest.Manifest.Prefix + CatalogKeys.ManifestName, 8 << 20, cancellationToken);
        var signature = await store.ReadBytesAsync(newest.Manifest.Prefix + CatalogKeys.SignatureName, 8 << 20, cancellationToken);
        await PlantAsync(NewPrefix(), manifest, signature, cancellationToken);

        var prefix = NewPrefix();
        var forged = newest.Manifest with { Id = prefix.Split('/')[^2], Prefix = prefix };
        var bytes = JsonSerializer.SerializeToUtf8Bytes(forged, CatalogJson.Default.Manifest);
        await PlantAsync(
            prefix, bytes, Encoding.UTF8.GetBytes(Minisign.Sign(SigningKey.Generate(), bytes, SetCatalog.TrustedComment(forged))), cancellationToken);
        await PlantAsync(NewPrefix(), manifest, null, cancellationToken);
        await tally.TryAsync(Deed.Plant, async () =>
        {
            var set = await SetWriter.BeginAsync(catalog, SetKind.Full, TimeProvider.System, cancellationToken);
            await using (var content = await set.CreateObjectAsync("base.0000.tar.zst.age", new SealOptions(), cancellationToken))
            {
                await content.Content.WriteAsync(Junk(), cancellationToken);
                await content.CompleteAsync(cancellationToken);
            }

            await set.CommitAsync(TimeSpan.FromDays(30), m => m with { Database = newest.Manifest.Database }, cancellationToken);
        });
    }

    /// <summary>Junk where WAL would be looked for: beside a segment that is there, behind all of it, and as the next timeline's history.</summary>
    private async Task PlantWalAsync(BackupSet newest, IReadOnlyList<string> found, CancellationToken cancellationToken)
    {
        var facts = newest.Manifest.Database!;
        var layout = new WalLayout(Local.LocalSystem.Name, facts.ServerVersion / 10000, ulong.Parse(facts.SystemIdentifier, CultureInfo.InvariantCulture));
        var hash = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var there = found.Select(k => layout.TryParse(k, out var o) ? o : null).OfType<WalObject>().LastOrDefault(o => o.Kind == WalObjectKind.Segment);
        var last = WalSegment.Containing(newest.StopLsn, facts.Timeline, facts.WalSegmentSize);
        List<string> planted =
        [
            layout.Segment((last with { Number = last.Number + 1000 }).Name, hash),
            layout.History(facts.Timeline + 1),
            layout.History(facts.Timeline + 90),
        ];
        if (there is not null)
            planted.Add(layout.Segment(there.Segment, hash));
        foreach (var key in planted)
            await tally.TryAsync(Deed.Plant, () => store.PutBytesAsync(key, Junk(), PutCondition.Replace, cancellationToken));
    }

    private async Task PlantAsync(string prefix, byte[] manifest, byte[]? signature, CancellationToken cancellationToken)
    {
        if (signature is not null)
            await tally.TryAsync(Deed.Plant, () => store.PutBytesAsync(prefix + CatalogKeys.SignatureName, signature, PutCondition.Replace, cancellationToken));
        await tally.TryAsync(Deed.Plant, () => store.PutBytesAsync(prefix + CatalogKeys.ManifestName, manifest, PutCondition.Replace, cancellationToken));
    }

    private static string NewPrefix() =>
        CatalogKeys.SetPrefix(Local.LocalSystem.Name, SetKind.Full, SetId.Create(TimeProvider.System.GetUtcNow().AddMinutes(1)));

    private async Task<List<string>> KeysAsync(CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var info in store.ListAsync(Local.LocalSystem.Name + "/", null, cancellationToken))
            found.Add(info.Key);
        return found;
    }

    private async Task<List<ObjectVersion>> VersionsAsync(CancellationToken cancellationToken)
    {
        var found = new List<ObjectVersion>();
        await foreach (var version in store.ListVersionsAsync(Local.LocalSystem.Name + "/", cancellationToken))
            found.Add(version);
        return found;
    }

    private static byte[] Junk() => RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(1, LargestJunk));
}
