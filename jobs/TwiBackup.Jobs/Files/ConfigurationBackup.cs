using TwiBackup.Catalog;
using TwiBackup.Progress;

namespace TwiBackup.Files;

/// <summary>
/// Takes configuration files into one sealed archive with modes, owners, times and links, if anything changed since the newest set. What
/// changed is known by a keyed hash in the manifest, because a writer can't read what it sealed.
/// </summary>
public sealed class ConfigurationBackup(
    SetCatalog catalog, ConfigurationBackupOptions options, TimeProvider clock, IProgressReporter progress)
{
    /// <summary>The archive's object.</summary>
    public const string ArchiveName = "configuration.tar.zst.age";

    private const int Attempts = 4;
    private static readonly TimeSpan AttemptPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Takes a set, or finds that the newest one still holds.</summary>
    /// <exception cref="TwiBackupException">
    /// A required path is missing, a file can't be read or keeps changing, or the store failed; nothing was committed.
    /// </exception>
    public async Task<ConfigurationBackupResult> RunAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(cancellationToken);
            }
            catch (FileChangedException e) when (attempt == Attempts)
            {
                throw new TwiBackupException($"{e.Path} changed each of the {Attempts} times it was read. If it is no configuration, "
                    + "take it out of the policy's paths; else try again.", e);
            }
            catch (FileChangedException)
            {
                await Task.Delay(AttemptPause * attempt, clock, cancellationToken);
            }
        }
    }

    private async Task<ConfigurationBackupResult> TryAsync(CancellationToken cancellationToken)
    {
        var key = catalog.Keys.Signer
            ?? throw new TwiBackupException(ExitCode.WrongUse, "No signing key: a set can't be committed without one. Name it in the "
                + "policy as keys.signingKey (twibackup key generate makes one).");
        progress.Stage("scan");
        var tree = await TreeScanner.ScanAsync(options.Paths.Select(p => p.Path), mayGrow: false, cancellationToken);
        RequireWhole(tree);
        foreach (var remark in tree.Remarks)
            progress.Warn(remark);

        var hash = TreeHash.Of(tree.Entries, key);
        if (!options.Always && await FindSameAsync(hash, cancellationToken) is { } same)
            return new ConfigurationBackupResult(same, Taken: false);

        var set = await SetWriter.BeginAsync(catalog, SetKind.Configuration, clock, cancellationToken);
        await new ArchiveWriter(set, ArchiveName, progress).WriteAsync(tree.Entries, cancellationToken);
        var facts = new ConfigurationFacts
        {
            Reason = options.Reason,
            TreeHash = hash,
            HashKey = key.Public.ToString(),
            Files = [.. tree.Entries.Select(e => TreeHash.Describe(e, key))],
            Missing = tree.Missing,
        };
        return new ConfigurationBackupResult(
            await set.CommitAsync(options.Keep, m => m with { Configuration = facts }, cancellationToken), Taken: true);
    }

    /// <summary>A set without what is required would be the newest, and be restored.</summary>
    private void RequireWhole(FileTree tree)
    {
        var required = options.Paths.Where(p => p.Required && tree.Missing.Contains(p.Path)).Select(p => p.Path).ToList();
        foreach (var path in tree.Missing.Except(required))
            progress.Warn($"{path} is not there; the policy does not require it.");
        if (required.Count > 0)
            throw new TwiBackupException($"Required configuration is missing: {string.Join(", ", required)}. Nothing was taken. Bring "
                + "it back, or say \"required\": false in the policy.");
        if (tree.Entries.Count == 0)
            throw new TwiBackupException(
                "None of the policy's configuration paths exists, so there is nothing to take. Check backups.configuration.paths.");
    }

    /// <summary>The newest set, if it holds this very tree, still will for half its time, and its objects are in the store.</summary>
    private async Task<BackupSet?> FindSameAsync(string hash, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var newest = (await catalog.ListAsync(SetKind.Configuration, cancellationToken)).Newest(now);
        if (newest?.Manifest.Configuration?.TreeHash != hash || newest.Manifest.KeepUntil - now < options.Keep / 2)
            return null;
        var lengths = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var info in catalog.Store.ListAsync(newest.Manifest.Prefix, null, cancellationToken))
            lengths[info.Key] = info.Length;
        if (newest.Manifest.Objects.All(o => lengths.GetValueOrDefault(newest.Key(o), -1) == o.Length))
            return newest;
        progress.Warn($"configuration/{newest.Id} holds the same, but its objects are gone or cut; a new set is taken.");
        return null;
    }
}
