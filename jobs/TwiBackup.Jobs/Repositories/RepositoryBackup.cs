using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Progress;
using TwiBackup.Sealing;

namespace TwiBackup.Repositories;

/// <summary>
/// Takes a repository with its whole history: a mirror clone, then one bundle of every ref, sealed while git writes it. What the clone
/// could not get is a failure; nothing is committed then.
/// </summary>
public sealed class RepositoryBackup(
    SetCatalog catalog, RepositoryBackupOptions options, GitAccess access, TimeProvider clock, IProgressReporter progress)
{
    /// <summary>The object with <see href="https://git-scm.com/docs/git-bundle">git's bundle</see>.</summary>
    public const string BundleName = "repository.bundle.zst.age";

    /// <summary>Takes a set and returns it.</summary>
    /// <exception cref="TwiBackupException">The source can't be cloned, is empty or shallow, or the store failed.</exception>
    public async Task<BackupSet> RunAsync(CancellationToken cancellationToken)
    {
        using var scratch = new ScratchFolder(options.ScratchFolder);
        using var git = new Git(access, scratch.Path, options.Source);
        var mirror = Path.Combine(scratch.Path, "mirror.git");

        progress.Stage("clone");
        // Not local: objects are then checked while they come, and no file is shared with the source.
        await git.RunAsync(
            scratch.Path, ["clone", "--mirror", "--no-local", "--quiet", "--template=", "--", options.Source, mirror],
            $"Nothing was taken from {options.Source}. Check that it is there, and that backups.repository.tokenSecret may read it.",
            cancellationToken);
        var (facts, hasAttributes) = await RepositoryFactsReader.ReadAsync(git, mirror, options.Source, cancellationToken);
        await RequireWholeAsync(git, mirror, facts, cancellationToken);

        var set = await SetWriter.BeginAsync(catalog, SetKind.Repository, clock, cancellationToken);
        await WriteBundleAsync(git, mirror, set, cancellationToken);
        if (hasAttributes)
            facts = facts with { Lfs = await new LfsBackup(git, mirror, options.Source, progress).RunAsync(set, cancellationToken) };
        return await set.CommitAsync(options.Keep, m => m with { Repository = facts }, cancellationToken);
    }

    private async Task RequireWholeAsync(Git git, string mirror, RepositoryFacts facts, CancellationToken cancellationToken)
    {
        if (facts.ObjectCount == 0)
            throw new TwiBackupException($"{options.Source} has no commits, so there is nothing to take.");
        if (await git.RunAsync(mirror, ["rev-parse", "--is-shallow-repository"], "", cancellationToken) == "true")
            throw new TwiBackupException($"{options.Source} is a shallow clone: its history is not whole, and a backup of it could not "
                + "be restored. Run in it: git fetch --unshallow; or name the repository it came from.");
        await git.RunAsync(
            mirror, ["fsck", "--connectivity-only", "--no-dangling", "--no-progress"],
            $"{options.Source} is damaged; nothing was taken. Repair it, or clone it anew.", cancellationToken);
        if (facts.Head is null)
            progress.Warn($"HEAD of {options.Source} names {facts.DefaultBranch}, which has no commit; a restore will check nothing out.");
    }

    private async Task WriteBundleAsync(Git git, string mirror, SetWriter set, CancellationToken cancellationToken)
    {
        progress.Stage("bundle");
        await using var bundle = await set.CreateObjectAsync(BundleName, new SealOptions(HashPlaintext: false), cancellationToken);
        await using var child = git.Start(mirror, ["bundle", "create", "--quiet", "-", "--all"]);
        var buffer = new byte[128 << 10];
        int read;
        while ((read = await child.StandardOutput.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await bundle.Content.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            progress.Advance(read);
        }

        git.ThrowIfFailed(await child.WaitAsync(cancellationToken), "bundle", "Nothing was stored.");
        await bundle.CompleteAsync(cancellationToken);
    }
}
