using System.Globalization;
using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Progress;

namespace TwiBackup.Repositories;

/// <summary>
/// Restores a repository with every branch, tag and note, on the branch that was the default one, and proves it (refs, HEAD, number of
/// objects, <c>git fsck</c>) before it takes the place of anything.
/// </summary>
public sealed class RepositoryRestore(SetCatalog catalog, RepositoryRestoreOptions options, TimeProvider clock, IProgressReporter progress)
{
    private const string Remedy = "Nothing was replaced.";

    /// <summary>Restores. A failure leaves the folder as it was.</summary>
    /// <exception cref="TwiBackupException">The folder can't be used (wrong use), or no good set could be read.</exception>
    public async Task<RepositoryRestoreResult> RunAsync(CancellationToken cancellationToken)
    {
        SetArchive.RequireIdentity(catalog);
        var folder = Path.GetFullPath(options.Folder);
        var owner = options.Owner is { } name ? Accounts.Load().Parse(name) : ((uint, uint)?)null;
        var place = ClonePlace.At(folder, options.Replace, SetId.Create(clock.GetUtcNow()));
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);

        var sets = await SetChoice.FindAsync(
            catalog, SetKind.Repository, options.SetId, options.At, clock.GetUtcNow(), progress, cancellationToken);
        try
        {
            return await SetChoice.UseFirstGoodAsync(
                catalog, sets, set => RestoreAsync(set, place, folder, owner, cancellationToken), progress, cancellationToken);
        }
        catch
        {
            place.Clear();
            throw;
        }
    }

    private async Task<RepositoryRestoreResult> RestoreAsync(
        BackupSet set, ClonePlace place, string folder, (uint User, uint Group)? owner, CancellationToken cancellationToken)
    {
        var facts = set.Manifest.Repository
            ?? throw new TwiBackupException(
                $"repository/{set.Id} does not say what it holds.", new InvalidDataException("no repository facts"));
        using var scratch = new ScratchFolder(Path.GetTempPath());
        using var git = new Git(GitAccess.None, scratch.Path);
        var clone = place.Staging;
        await SetObjects.ReadAsync(catalog, set, Entry(set, RepositoryBackup.BundleName), async bundle =>
        {
            place.Prepare();
            await UnbundleAsync(git, clone, facts, bundle, cancellationToken);
            return true;
        }, progress, cancellationToken);

        var proofs = await ProveAsync(git, clone, facts, cancellationToken);
        await RestoreLfsAsync(set, git, clone, facts, cancellationToken);
        if (!facts.Source.StartsWith('/'))
            await git.RunAsync(clone, ["remote", "add", "origin", facts.Source], Remedy, cancellationToken);
        if (!options.Bare && facts.Head is not null)
            proofs.Add(await CheckOutAsync(git, clone, facts, cancellationToken));

        Dress(clone, place, owner);
        var notRestored = options.Replace && place.Before is not null ? NotIn(folder, clone) : [];
        var aside = place.Take();
        return new RepositoryRestoreResult(set, aside, aside is null ? [] : notRestored, proofs);
    }

    private async Task UnbundleAsync(Git git, string clone, RepositoryFacts facts, Stream bundle, CancellationToken cancellationToken)
    {
        progress.Stage("bundle");
        string[] bare = options.Bare ? ["--bare"] : [];
        await git.RunAsync(
            clone, ["init", "--quiet", "--template=", $"--object-format={facts.ObjectFormat}", .. bare], Remedy, cancellationToken);
        var unbundled = await git.TryAsync(clone, ["bundle", "unbundle", "/dev/stdin"], cancellationToken, bundle);
        if (unbundled.ExitCode != 0)
            throw new InvalidDataException($"git refuses the bundle: {git.Said(unbundled)}");

        var refs = unbundled.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2))
            .Where(parts => parts[1] != "HEAD")
            .ToDictionary(parts => parts[1], parts => parts[0], StringComparer.Ordinal);
        if (refs.Count != facts.Refs.Count || facts.Refs.Any(r => refs.GetValueOrDefault(r.Key) != r.Value))
            throw new InvalidDataException("the bundle holds other refs than the manifest lists");

        var updates = new StringBuilder();
        foreach (var (name, target) in facts.Refs)
            updates.Append(CultureInfo.InvariantCulture, $"create {name}\0{target}\0");
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(updates.ToString()));
        await git.RunAsync(clone, ["update-ref", "--stdin", "-z"], Remedy, cancellationToken, input);
        if (facts.DefaultBranch is { } branch)
            await git.RunAsync(clone, ["symbolic-ref", "HEAD", branch], Remedy, cancellationToken);
        else if (facts.Head is { } head)
            await git.RunAsync(clone, ["update-ref", "--no-deref", "HEAD", head], Remedy, cancellationToken);
    }

    /// <summary>What the clone is, against what the manifest says.</summary>
    private async Task<List<string>> ProveAsync(Git git, string clone, RepositoryFacts facts, CancellationToken cancellationToken)
    {
        progress.Stage("git fsck");
        var (found, _) = await RepositoryFactsReader.ReadAsync(git, clone, facts.Source, cancellationToken);
        if (found.Head != facts.Head || found.DefaultBranch != facts.DefaultBranch || found.ObjectCount != facts.ObjectCount
            || found.Refs.Count != facts.Refs.Count || facts.Refs.Any(r => found.Refs.GetValueOrDefault(r.Key) != r.Value))
            throw new TwiBackupException(
                $"The restored repository is not what the manifest says ({found.Refs.Count} refs and {found.ObjectCount} objects "
                    + $"instead of {facts.Refs.Count} and {facts.ObjectCount}). {Remedy}",
                new InvalidDataException("other refs or objects"));
        await git.RunAsync(clone, ["fsck", "--full", "--no-dangling", "--no-progress"], Remedy, cancellationToken);
        return
        [
            $"{facts.Refs.Count} refs and HEAD ({facts.DefaultBranch ?? facts.Head}) as in the manifest",
            $"{facts.ObjectCount} objects, as many as were backed up; git fsck is clean",
        ];
    }

    private async Task<string> CheckOutAsync(Git git, string clone, RepositoryFacts facts, CancellationToken cancellationToken)
    {
        await git.RunAsync(clone, ["reset", "--hard", "--quiet"], Remedy, cancellationToken);
        if (facts.Lfs is { Stored: > 0 } && await git.HasLfsAsync(cancellationToken))
        {
            await git.RunAsync(clone, ["lfs", "install", "--local", "--skip-repo"], Remedy, cancellationToken);
            await git.RunAsync(clone, ["lfs", "checkout"], Remedy, cancellationToken);
        }
        else if (facts.Lfs is not null)
        {
            progress.Warn("git-lfs is not installed: files in Git LFS are pointers. Install it and run in the folder: git lfs install "
                + "--local && git lfs checkout");
        }

        if (File.Exists(Path.Combine(clone, ".gitmodules")))
            progress.Warn("The repository has submodules, which are repositories of their own and not in this backup: git submodule "
                + "update --init brings them.");
        var status = await git.RunAsync(clone, ["status", "--porcelain"], Remedy, cancellationToken);
        return status.Length == 0
            ? $"{facts.DefaultBranch ?? facts.Head} is checked out and clean"
            : throw new TwiBackupException(
                $"What was checked out differs from its commit: {status.Split('\n')[0]}. {Remedy}", new InvalidDataException("not clean"));
    }

    private async Task RestoreLfsAsync(BackupSet set, Git git, string clone, RepositoryFacts facts, CancellationToken cancellationToken)
    {
        if (facts.Lfs is not { } lfs)
            return;
        if (lfs.Stored > 0)
        {
            var gitFolder = await git.RunAsync(clone, ["rev-parse", "--absolute-git-dir"], Remedy, cancellationToken);
            var count = await SetObjects.ReadAsync(
                catalog, set, Entry(set, LfsBackup.ArchiveName),
                archive => LfsRestore.RunAsync(archive, Path.Combine(gitFolder, "lfs/objects"), cancellationToken),
                progress, cancellationToken);
            if (count != lfs.Stored)
                throw new TwiBackupException(
                    $"{count} Git LFS objects came back, {lfs.Stored} were stored. {Remedy}", new InvalidDataException("LFS objects"));
        }

        if (lfs.Missing.Count > 0)
            progress.Warn($"{lfs.Missing.Count} Git LFS objects were not in the backup; only the server that has them can bring them: "
                + "git lfs fetch --all");
    }

    private static ManifestObject Entry(BackupSet set, string name) =>
        set.Manifest.Objects.FirstOrDefault(o => o.Name == name)
        ?? throw new TwiBackupException($"repository/{set.Id} lists no {name}.", new InvalidDataException(name));

    /// <summary>The owner asked for, or that of what was there: the bot must be able to read what root restored.</summary>
    private static void Dress(string clone, ClonePlace place, (uint User, uint Group)? asked)
    {
        var mode = place.Before?.Mode ?? 0x1ed;
        File.SetUnixFileMode(clone, (UnixFileMode)mode);
        if ((asked ?? (place.Before is { } before ? (before.UserId, before.GroupId) : null)) is not { } owner || !FileOwner.CanGive)
            return;
        FileOwner.GiveTree(clone, owner);
    }

    private static List<string> NotIn(string before, string clone) =>
    [
        .. Directory.EnumerateFileSystemEntries(before)
            .Select(path => Path.GetFileName(path)!)
            .Where(name => !Path.Exists(Path.Combine(clone, name)))
            .Order(StringComparer.Ordinal),
    ];
}
