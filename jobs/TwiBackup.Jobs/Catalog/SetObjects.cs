using System.Security.Cryptography;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Catalog;

/// <summary>
/// Opens objects of sets. The stored bytes are hashed while they are read, and what was read counts only when length and hash are the
/// manifest's. When the current version is gone or fails, older ones are tried: an overwrite leaves the good version behind it.
/// </summary>
public static class SetObjects
{
    /// <summary>
    /// Gives the plaintext of one object to <paramref name="use"/>, which must be ready to be called again from the start with another
    /// version, and returns what it returned once the object proved good.
    /// </summary>
    /// <exception cref="TwiBackupException">No version of the object is what the manifest lists; the message names it.</exception>
    public static async Task<T> ReadAsync<T>(
        SetCatalog catalog, BackupSet set, ManifestObject entry, Func<Stream, Task<T>> use, IProgressReporter progress, CancellationToken cancellationToken)
    {
        TwiBackupException failure;
        try
        {
            return await ReadVersionAsync(catalog, set, entry, null, use, cancellationToken);
        }
        catch (Exception e) when (IsBadContent(e))
        {
            failure = Describe(catalog, set, entry, e);
        }

        var key = set.Key(entry);
        var versions = await catalog.Store.ListVersionsAsync(key, cancellationToken)
            .Where(version => version.Key == key && !version.IsDeleteMarker && version.Length == entry.Length).ToListAsync(cancellationToken);
        // The oldest is the job's, which writes it once: however many lie above.
        foreach (var version in Enumerable.Reverse(versions))
        {
            try
            {
                var result = await ReadVersionAsync(catalog, set, entry, version.Version, use, cancellationToken);
                progress.Warn($"{failure.Message} Its version of {version.Modified:u} is good and was used.");
                return result;
            }
            catch (Exception e) when (IsBadContent(e))
            {
                // The next one may be good.
            }
        }

        throw failure;
    }

    /// <summary>Reads and checks the stored bytes without opening them: what can be done without an identity.</summary>
    public static async Task CheckStoredAsync(SetCatalog catalog, BackupSet set, ManifestObject entry, CancellationToken cancellationToken)
    {
        try
        {
            await using var source = await OpenCheckedAsync(catalog, set, entry, null, cancellationToken);
            await source.CopyToAsync(Stream.Null, 1 << 20, cancellationToken);
            source.RequireGood();
        }
        catch (Exception e) when (IsBadContent(e))
        {
            throw Describe(catalog, set, entry, e);
        }
    }

    private static async Task<T> ReadVersionAsync<T>(
        SetCatalog catalog, BackupSet set, ManifestObject entry, string? version, Func<Stream, Task<T>> use, CancellationToken cancellationToken)
    {
        await using var source = await OpenCheckedAsync(catalog, set, entry, version, cancellationToken);
        await using var plain = new UnsealingStream(source, catalog.Keys.Identities, $"{catalog.Store.Location}/{set.Key(entry)}");
        var counted = new CountingReader(plain, entry.PlainLength);
        var result = await use(counted);
        // The user may have stopped at the end of its own format: what stands behind belongs to the check.
        await counted.CopyToAsync(Stream.Null, cancellationToken);
        counted.RequireWhole();
        source.RequireGood();
        return result;
    }

    private static async Task<CheckedReader> OpenCheckedAsync(
        SetCatalog catalog, BackupSet set, ManifestObject entry, string? version, CancellationToken cancellationToken) =>
        new(await catalog.Store.OpenReadAsync(set.Key(entry), null, version, cancellationToken), entry);

    /// <summary>What the content of an object can cause, as against the store, the disk or a cancellation.</summary>
    private static bool IsBadContent(Exception e) =>
        e is InvalidDataException or EndOfStreamException or ObjectMissingException or ObjectForbiddenException or ObjectRefusedException;

    /// <summary>What the store itself says of an object, when it denies it, needs no more words.</summary>
    private static TwiBackupException Describe(SetCatalog catalog, BackupSet set, ManifestObject entry, Exception e)
    {
        if (e is ObjectForbiddenException denied)
            return denied;
        var what = e is ObjectMissingException ? "is missing" : $"is not what its manifest lists ({e.Message.TrimEnd('.')})";
        return new TwiBackupException($"{catalog.Store.Location}/{set.Key(entry)} {what}.", e);
    }
}
