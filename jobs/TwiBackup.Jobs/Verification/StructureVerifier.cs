using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Wal;

namespace TwiBackup.Verification;

/// <summary>
/// What can be checked of a set without the identity: the manifest's signature, and length and SHA-256 of every stored object. It proves
/// that the set is what was written, not that it can be restored: the record says "not proven".
/// </summary>
public sealed class StructureVerifier(SetCatalog catalog, TimeProvider clock, IProgressReporter progress)
{
    private const int ReadersAtOnce = 2;

    /// <summary>Checks a set (null: the newest of its kind) and returns the record, which is not yet stored.</summary>
    public async Task<VerificationRecord> RunAsync(SetKind kind, string? setId, CancellationToken cancellationToken)
    {
        var started = clock.GetUtcNow();
        var set = setId is not null
            ? await catalog.ReadAsync(kind, setId, cancellationToken)
            : (await catalog.ListAsync(kind, cancellationToken)).Newest(started)
                ?? throw new TwiBackupException($"{catalog.Store.Location} holds no {kind.Name()} set to verify.");
        progress.Stage("objects", set.Manifest.StoredBytes);

        var checks = new List<Check> { new("manifest signature", true, $"set {set.Id}, {set.Manifest.Objects.Count} objects") };
        var bad = new List<string>();
        await Parallel.ForEachAsync(
            set.Manifest.Objects,
            new ParallelOptions { MaxDegreeOfParallelism = ReadersAtOnce, CancellationToken = cancellationToken },
            async (entry, ct) =>
            {
                try
                {
                    await SetObjects.CheckStoredAsync(catalog, set, entry, ct);
                    progress.Advance(entry.Length);
                }
                catch (TwiBackupException e)
                {
                    lock (bad)
                        bad.Add(e.Message);
                }
            });
        checks.Add(bad.Count == 0
            ? new Check("stored objects", true, $"{Sizes.Text(set.Manifest.StoredBytes)} have the length and SHA-256 that were signed")
            : new Check("stored objects", false, string.Join(" ", bad.Order(StringComparer.Ordinal))));
        return new VerificationRecord
        {
            Format = VerificationRecord.CurrentFormat,
            System = catalog.System,
            Id = SetId.Create(clock.GetUtcNow()),
            Kind = kind.Name(),
            SetId = set.Id,
            Proven = false,
            Failed = bad.Count > 0,
            StartedAt = started,
            CompletedAt = clock.GetUtcNow(),
            Target = "structure, without the identity: not proven",
            Checks = checks,
        };
    }
}
