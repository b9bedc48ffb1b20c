using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Progress;
using TwiBackup.Repositories;

namespace TwiBackup.Verification;

/// <summary>
/// Proves a repository set: <c>git bundle verify</c>, then a restore into a scratch folder through the code that a person restores with,
/// which counts refs and objects, runs <c>git fsck</c> and checks the default branch out.
/// </summary>
public sealed class RepositoryVerifier(SetCatalog catalog, string scratchFolder, TimeProvider clock, IProgressReporter progress)
{
    /// <summary>Verifies a set (null: the newest) and returns the record, which is not yet stored.</summary>
    /// <exception cref="TwiBackupException">Nothing could be verified: no set, no identity, no room, no git.</exception>
    public async Task<VerificationRecord> RunAsync(string? setId, CancellationToken cancellationToken)
    {
        SetArchive.RequireIdentity(catalog);
        var sets = await SetChoice.FindAsync(
            catalog, SetKind.Repository, setId, at: null, clock.GetUtcNow(), progress, cancellationToken);
        var set = sets[0];
        var verification = new SetVerification(set, clock);
        using var scratch = new ScratchFolder(scratchFolder);

        var folder = Path.Combine(scratch.Path, "clone");
        var restored = await verification.TryAsync("restore", async () =>
        {
            var restore = new RepositoryRestore(catalog, new RepositoryRestoreOptions { Folder = folder, SetId = set.Id }, clock, progress);
            var result = await restore.RunAsync(cancellationToken);
            return string.Join("; ", result.Proofs);
        });
        if (restored)
        {
            await verification.TryAsync("git bundle verify", () => VerifyBundleAsync(set, scratch.Path, folder, cancellationToken));
            if (set.Manifest.Repository!.Lfs is { } lfs)
                verification.Add("Git LFS", lfs.Missing.Count == 0, $"{lfs.Stored} of {lfs.Pointers} objects are in the set");
        }

        return verification.Record("restored into a scratch folder");
    }

    private Task<string> VerifyBundleAsync(BackupSet set, string scratch, string clone, CancellationToken cancellationToken)
    {
        var entry = set.Manifest.Objects.Single(o => o.Name == RepositoryBackup.BundleName);
        return SetObjects.ReadAsync(catalog, set, entry, async bundle =>
        {
            using var git = new Git(GitAccess.None, scratch);
            var result = await git.TryAsync(clone, ["bundle", "verify", "/dev/stdin"], cancellationToken, bundle);
            if (result.ExitCode != 0 || !(result.Output + result.ErrorOutput).Contains("complete history", StringComparison.Ordinal))
                throw new InvalidDataException($"git bundle verify: {git.Said(result)}");
            return "it records a complete history";
        }, progress, cancellationToken);
    }
}
