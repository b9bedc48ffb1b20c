using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Progress;

namespace TwiBackup.Verification;

/// <summary>
/// Proves a configuration or log set by restoring it into a private scratch folder, through the code that a person restores with, and
/// comparing every file's content, mode, owner and link with what was sealed.
/// </summary>
public sealed class ConfigurationVerifier(
    SetCatalog catalog, SetKind kind, string scratchFolder, TimeProvider clock, IProgressReporter progress)
{
    /// <summary>Verifies a set (null: the newest) and returns the record, which is not yet stored.</summary>
    /// <exception cref="TwiBackupException">Nothing could be verified: no set, no identity, no room.</exception>
    public async Task<VerificationRecord> RunAsync(string? setId, CancellationToken cancellationToken)
    {
        SetArchive.RequireIdentity(catalog);
        var sets = await SetChoice.FindAsync(catalog, kind, setId, at: null, clock.GetUtcNow(), progress, cancellationToken);
        var set = sets[0];
        var verification = new SetVerification(set, clock);
        using var scratch = new ScratchFolder(scratchFolder);
        var restore = new FilesRestore(
            catalog, kind, new FilesRestoreOptions { SetId = set.Id, Root = Path.Combine(scratch.Path, "root") }, clock, progress);

        var restored = await verification.TryAsync("restore", async () =>
        {
            var (_, result) = await restore.RunAsync(cancellationToken);
            return $"{result.Written.Count} entries restored; every object had its SHA-256";
        });
        if (restored)
        {
            var (_, differences) = await restore.CompareAsync(cancellationToken);
            verification.Add(
                "content, modes, owners, links", differences.Count == 0,
                differences.Count == 0
                    ? "all as they were sealed"
                    : string.Join("; ", differences.Take(10).Select(d => $"{d.Path}: {d.Detail}")));
            await CheckManifestAsync(set, verification, cancellationToken);
        }

        return verification.Record("restored into a scratch folder");
    }

    /// <summary>What the manifest shows in the clear must be what is inside: status and the next backup go by it.</summary>
    private async Task CheckManifestAsync(BackupSet set, SetVerification verification, CancellationToken cancellationToken)
    {
        var archive = await SetArchive.OpenAsync(catalog, set, progress, cancellationToken);
        var files = set.Manifest.Configuration?.Files ?? set.Manifest.Logs?.Files ?? [];
        var listed = files.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        var same = listed.SetEquals(archive.Index.Entries.Select(e => "/" + e.Name));
        verification.Add(
            "manifest's list", same, same ? $"{listed.Count} entries" : "the manifest lists other names than the archive holds");
    }
}
