using System.Buffers;
using System.Runtime.CompilerServices;

namespace TwiBackup.Stores;

/// <summary>
/// Objects as files below a folder: key <c>a/b</c> is file <c>a/b</c>, 0600 in folders 0700. A file is written and synced under
/// <c>.twibackup/tmp</c>, then named with <c>link(2)</c> or <c>rename(2)</c>, then the folder is synced: at any byte of a crash there
/// is the whole object or none. A key cannot be the folder of another one here. One version an object. Linux only.
/// The folder must exist: it is never made, so that a disk that is not mounted is an error and not an empty store.
/// </summary>
public sealed class FileObjectStore : IObjectStore
{
    /// <summary>The name of the one version that an object has here.</summary>
    public const string OnlyVersion = "current";

    /// <summary>Temporary files that nobody has written to for so long are garbage of killed jobs.</summary>
    public static readonly TimeSpan GarbageAge = TimeSpan.FromHours(48);

    private static readonly SearchValues<char> LeaseLetters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private readonly FileLayout _layout;

    /// <summary>The store in an existing folder, given by its absolute path.</summary>
    public FileObjectStore(string root)
    {
        if (!OperatingSystem.IsLinux())
            throw new TwiBackupException("A store in a folder needs Linux. Use an S3 store here.");
        _layout = new FileLayout(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)));
    }

    public string Location => "file://" + _layout.Root;

    public Task<ObjectUpload> CreateAsync(string key, PutCondition condition, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        return RunAsync<ObjectUpload>($"creating {key}", () =>
        {
            _layout.EnsureFolder(_layout.Temporary);
            return new FileObjectUpload(this, _layout, key, condition);
        }, cancellationToken);
    }

    public Task<Stream> OpenReadAsync(string key, ReadRange? range, string? version, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        ReadRanges.Check(range);
        return RunAsync($"reading {key}", () =>
        {
            if (version is not (null or OnlyVersion) || Status(key) is null)
                throw new ObjectMissingException(Location, key);
            return FileReading.Open(_layout.PathOf(key), range) ?? throw new ObjectMissingException(Location, key);
        }, cancellationToken);
    }

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        return RunAsync(
            $"looking at {key}",
            () => Status(key) is { } status ? new ObjectInfo(key, status.Length, status.Modified) : null,
            cancellationToken);
    }

    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string prefix, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectKey.CheckPrefix(prefix);
        await foreach (var batch in BatchesAsync(prefix, () => FileListing.Walk(_layout, prefix, startAfter), cancellationToken))
        {
            foreach (var info in batch)
                yield return info;
        }
    }

    public async IAsyncEnumerable<ObjectVersion> ListVersionsAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (key, length, modified) in ListAsync(prefix, startAfter: null, cancellationToken))
            yield return new ObjectVersion(key, OnlyVersion, length, modified, IsCurrent: true, IsDeleteMarker: false);
    }

    public async IAsyncEnumerable<string> ListFoldersAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectKey.CheckPrefix(prefix);
        await foreach (var batch in BatchesAsync(prefix, () => FileListing.Folders(_layout, prefix), cancellationToken))
        {
            foreach (var name in batch)
                yield return name;
        }
    }

    public Task<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, string? version, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        return RunAsync<IReadOnlyDictionary<string, string>>(
            $"reading the tags of {key}",
            () => version is not (null or OnlyVersion) || Status(key) is null ? throw new ObjectMissingException(Location, key) : FileTags.Read(_layout, key),
            cancellationToken);
    }

    public Task SetTagsAsync(string key, string? version, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        ObjectTags.Check(tags);
        return RunAsync($"tagging {key}", () =>
        {
            if (version is not (null or OnlyVersion) || Status(key) is null)
                throw new ObjectMissingException(Location, key);
            FileTags.Write(_layout, key, tags);
            return true;
        }, cancellationToken);
    }

    public Task DeleteAsync(string key, string? version, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        return RunAsync($"deleting {key}", () =>
        {
            if (version is not (null or OnlyVersion) || Status(key) is null)
                return false;
            // Tags first: an object that lost them is kept, a tag that outlived its object would condemn the next one.
            FileTags.Remove(_layout, key);
            FileLayout.Remove(_layout.PathOf(key), _layout.Root);
            return true;
        }, cancellationToken);
    }

    /// <summary>
    /// The time that the file system gives to a file just made: on a network file system the server's. When the store is
    /// read-only nothing of ours gets a time there, and the machine's clock is as good.
    /// </summary>
    public Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellationToken) => RunAsync("reading the clock", () =>
    {
        var temporary = _layout.NewTemporaryPath();
        try
        {
            _layout.EnsureFolder(_layout.Temporary);
            using var file = PrivateFile.Create(temporary);
            return Posix.Status(temporary)!.Value.Modified;
        }
        catch (IOException readOnly) when (readOnly.HResult == FileErrors.ReadOnly)
        {
            return TimeProvider.System.GetUtcNow();
        }
        finally
        {
            _ = Posix.Remove(temporary);
        }
    }, cancellationToken);

    /// <summary>
    /// Tells prune that this process reads the store (decision 23), until disposed or the process ends, however it ends.
    /// The name is for people: letters, digits, <c>-</c>, <c>_</c> and <c>.</c> (not first), at most 200; several may hold the same.
    /// </summary>
    public Task<FileLease> LeaseAsync(string name, CancellationToken cancellationToken)
    {
        if (name.Length is 0 or > 200 || name[0] == '.' || name.AsSpan().ContainsAnyExcept(LeaseLetters))
            throw new ArgumentException($"'{name}' cannot name a lease.", nameof(name));
        return RunAsync("taking a lease", () => FileLease.Take(_layout, name), cancellationToken);
    }

    /// <summary>The names of the leases held now, by any process.</summary>
    public Task<IReadOnlyList<string>> ActiveLeasesAsync(CancellationToken cancellationToken) =>
        RunAsync("looking for leases", () => FileLease.Active(_layout), cancellationToken);

    /// <summary>Removes what killed jobs left: temporary files not written to for <see cref="GarbageAge"/>. Returns how many.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var now = await ReadClockAsync(cancellationToken);
        return await RunAsync("sweeping", () =>
        {
            if (Posix.Status(_layout.Temporary) is null)
                return 0;
            return Directory.EnumerateFiles(_layout.Temporary)
                .Count(file => Posix.Status(file) is { } status && now - status.Modified > GarbageAge && Posix.Remove(file) == 0);
        }, cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal TwiBackupException Explain(Exception failure, string doing) => FileErrors.Explain(failure, _layout.Root, doing);

    /// <summary>File systems only know blocking calls: they run on the thread pool, and their failures are explained.</summary>
    internal Task<T> RunAsync<T>(string doing, Func<T> action, CancellationToken cancellationToken) => Task.Run(() =>
    {
        try
        {
            _layout.CheckPresent();
            return action();
        }
        catch (Exception failure) when (FileErrors.IsFileFailure(failure))
        {
            throw Explain(failure, doing);
        }
    }, cancellationToken);

    private FileStatus? Status(string key)
    {
        var status = Posix.Status(_layout.PathOf(key));
        if (status is { Kind: FileKind.File })
            return status;
        _layout.CheckStillPresent();
        return null;
    }

    /// <summary>Takes a listing in portions, so that a thread of the pool is not held while the caller works on an entry.</summary>
    private async IAsyncEnumerable<List<T>> BatchesAsync<T>(
        string prefix, Func<IEnumerable<T>> list, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int BatchSize = 256;
        var entries = await RunAsync($"listing {prefix}", () => list().GetEnumerator(), cancellationToken);
        using (entries)
        {
            List<T> batch;
            do
            {
                batch = await RunAsync($"listing {prefix}", () =>
                {
                    var taken = new List<T>();
                    while (taken.Count < BatchSize && entries.MoveNext())
                        taken.Add(entries.Current);
                    // An end, or nothing at all, may also mean that the disk went away.
                    if (taken.Count < BatchSize)
                        _layout.CheckStillPresent();
                    return taken;
                }, cancellationToken);
                yield return batch;
            }
            while (batch.Count == BatchSize);
        }
    }
}
