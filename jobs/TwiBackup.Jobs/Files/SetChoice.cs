using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Files;

/// <summary>
/// Which set a restore takes: one named, the newest up to a time, or the newest; and the ones before it, to fall back on.
/// </summary>
public static class SetChoice
{
    /// <summary>Sets to try, the best first. Only one when it is named.</summary>
    /// <exception cref="TwiBackupException">There is none.</exception>
    public static async Task<IReadOnlyList<BackupSet>> FindAsync(
        SetCatalog catalog, SetKind kind, string? id, DateTimeOffset? at, DateTimeOffset now, IProgressReporter progress,
        CancellationToken cancellationToken)
    {
        if (id is not null)
            return [await ReadNamedAsync(catalog, kind, id, cancellationToken)];
        var listing = await catalog.ListAsync(kind, cancellationToken);
        foreach (var refused in listing.Refused)
            progress.Warn($"{kind.Name()}/{refused.Id} is passed over: {refused.Reason}");
        var sets = listing.Sets.Where(s => s.Manifest.KeepUntil > now && (at is null || s.Manifest.CompletedAt <= at)).Reverse().ToList();
        if (sets.Count > 0)
            return sets;
        var hint = listing.Sets.Count == 0
            ? $"Take one with: twibackup backup {kind.Name()}"
            : $"There are {listing.Sets.Count} others, from {listing.Sets[0].Id} to {listing.Sets[^1].Id}: name one with --id.";
        var which = at is { } time ? $"up to {time:u}" : "that is not past its time";
        throw new TwiBackupException($"{catalog.Store.Location} holds no {kind.Name()} set of {catalog.System} {which}. {hint}");
    }

    /// <summary>
    /// Tries the sets in turn until one's content is good, says which were passed over and what that costs, and returns what
    /// <paramref name="use"/> returned.
    /// </summary>
    public static async Task<T> UseFirstGoodAsync<T>(
        SetCatalog catalog, IReadOnlyList<BackupSet> sets, Func<BackupSet, Task<T>> use, IProgressReporter progress,
        CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                using var lease = catalog.Store is FileObjectStore files ? await files.LeaseAsync(sets[i].Id, cancellationToken) : null;
                return await use(sets[i]);
            }
            catch (TwiBackupException e) when (i + 1 < sets.Count && IsBadContent(e))
            {
                var next = sets[i + 1];
                var lost = sets[i].Manifest.CompletedAt - next.Manifest.CompletedAt;
                progress.Warn($"{e.Message} Falling back to {next.Kind.Name()}/{next.Id}: what changed in the {Sizes.Text(lost)} "
                    + "between the two is lost.");
            }
        }
    }

    /// <summary>Whether a set's own content caused it, as against the store, the disk or a person.</summary>
    internal static bool IsBadContent(TwiBackupException e) =>
        e.InnerException is InvalidDataException or EndOfStreamException or ObjectMissingException or ObjectRefusedException;

    private static async Task<BackupSet> ReadNamedAsync(SetCatalog catalog, SetKind kind, string id, CancellationToken cancellationToken)
    {
        var name = id.StartsWith($"{kind.Name()}/", StringComparison.Ordinal) ? id[(kind.Name().Length + 1)..] : id;
        if (!SetId.TryParse(name, out _))
            throw new TwiBackupException(ExitCode.WrongUse, $"\"{id}\" is no set. See them with: twibackup list {kind.Name()}");
        try
        {
            return await catalog.ReadAsync(kind, name, cancellationToken);
        }
        catch (ObjectMissingException e)
        {
            throw new TwiBackupException(ExitCode.WrongUse,
                $"{catalog.Store.Location} holds no {kind.Name()} set {name}. See them with: twibackup list {kind.Name()}", e);
        }
    }
}
