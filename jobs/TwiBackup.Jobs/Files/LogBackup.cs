using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Sealing;

namespace TwiBackup.Files;

/// <summary>
/// Archives logs that no set holds yet. What a set holds is known by keyed hashes of contents in the manifests, so a log is archived once,
/// whatever rotation calls it later.
/// </summary>
public sealed class LogBackup(SetCatalog catalog, LogBackupOptions options, TimeProvider clock, IProgressReporter progress)
{
    /// <summary>The archive's object.</summary>
    public const string ArchiveName = "logs.tar.zst.age";

    private readonly Dictionary<string, LogLeft> left = new(StringComparer.Ordinal);

    /// <summary>Takes a set of what is new; none when nothing is.</summary>
    /// <exception cref="TwiBackupException">A file can't be read, or the store failed; nothing was committed.</exception>
    public async Task<LogBackupResult> RunAsync(CancellationToken cancellationToken)
    {
        var key = catalog.Keys.Signer
            ?? throw new TwiBackupException(ExitCode.WrongUse, "No signing key: a set can't be committed without one. Name it in the "
                + "policy as keys.signingKey (twibackup key generate makes one).");
        var known = await KnownAsync(key, cancellationToken);
        left.Clear();
        while (true)
        {
            // A file that changes while it is read is one that is still written: the rest goes without it. So this ends.
            try
            {
                return await TryAsync(key, known, cancellationToken);
            }
            catch (FileChangedException e) when (left.TryAdd(e.Path, new LogLeft(e.Path, "changed while it was read")))
            {
                progress.Say($"{e.Path} changed while it was read; it is left for next time.");
            }
        }
    }

    private async Task<LogBackupResult> TryAsync(SigningKey key, HashSet<string> known, CancellationToken cancellationToken)
    {
        progress.Stage("scan");
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        var entries = new List<FileEntry>();
        var archived = 0;
        var open = options.All ? [] : OpenFiles.ForWriting();
        foreach (var path in Find().Where(p => !left.ContainsKey(p)))
        {
            if (WhyLeft(path, open) is { } why)
            {
                left.Add(path, new LogLeft(path, why));
                continue;
            }

            if (await DescribeAsync(path, cancellationToken) is not { } entry)
                continue;
            var hash = TreeHash.Of(await LogContent.InflatedSha256Async(path, cancellationToken) ?? entry.Sha256!, key);
            // Two files of one content are one log, too.
            if (known.Contains(hash) || !hashes.TryAdd(hash, path))
                archived++;
            else
                entries.Add(entry);
        }

        if (entries.Count == 0)
            return new LogBackupResult(null, archived, Left());
        var set = await SetWriter.BeginAsync(catalog, SetKind.Logs, clock, cancellationToken);
        await new ArchiveWriter(set, ArchiveName, progress).WriteAsync(entries, cancellationToken);
        var byPath = hashes.ToDictionary(p => p.Value, p => p.Key, StringComparer.Ordinal);
        var facts = new LogFacts
        {
            HashKey = key.Public.ToString(),
            Files = [.. entries.Select(e => TreeHash.Describe(e, key) with { Hash = byPath["/" + e.Name] })],
        };
        return new LogBackupResult(await set.CommitAsync(options.Keep, m => m with { Logs = facts }, cancellationToken), archived, Left());
    }

    /// <summary>Hashes of what sets hold that will be there for a while yet.</summary>
    private async Task<HashSet<string>> KnownAsync(SigningKey key, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var set in (await catalog.ListAsync(SetKind.Logs, cancellationToken)).Sets)
        {
            if (set.Manifest is not { Logs: { } logs } manifest || manifest.KeepUntil <= now)
                continue;
            if (logs.HashKey != key.Public.ToString())
                progress.Say($"logs/{set.Id} was signed with another key; what it holds can't be told and may be archived once more.");
            known.UnionWith(logs.Files.Select(f => f.Hash).OfType<string>());
        }

        return known;
    }

    private SortedSet<string> Find()
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var pattern in options.Paths)
        {
            foreach (var path in PathPattern.Expand(pattern))
            {
                if (FileCalls.Facts(path) is { Kind: FileEntryKind.Folder })
                    found.UnionWith(PathPattern.Expand(path + "/**"));
                else
                    found.Add(path);
            }
        }

        found.RemoveWhere(path => FileCalls.Facts(path) is not { Kind: FileEntryKind.File } || AsideName.Is(Path.GetFileName(path)));
        return found;
    }

    private string? WhyLeft(string path, HashSet<FileIdentity> open)
    {
        if (path.Contains('\n', StringComparison.Ordinal))
            return "has a line break in its name; rename it";
        if (options.All || FileCalls.Facts(path) is not { } facts)
            return null;
        if (open.Contains(facts.Identity))
            return "is open for writing";
        if (clock.GetUtcNow() - facts.Modified < options.Settle)
            return $"was written less than {Sizes.Text(options.Settle)} ago";
        return LogName.IsRotated(path) ? null : "has the name of a log in use";
    }

    private async Task<FileEntry?> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        var tree = await TreeScanner.ScanAsync([path], mayGrow: options.All, cancellationToken);
        // Nothing is lost with an empty file, and all empty ones look alike.
        return tree.Entries is [{ Kind: FileEntryKind.File, Length: > 0 } entry] ? entry : null;
    }

    private List<LogLeft> Left() => [.. left.Values.OrderBy(l => l.Path, StringComparer.Ordinal)];
}
