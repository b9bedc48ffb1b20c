using System.Diagnostics.CodeAnalysis;
using TwiBackup.Progress;
using TwiBackup.Stores;

namespace TwiBackup.Rehearsal.Local;

/// <summary>
/// Where the backups of a rehearsed system go: a primary store and a replica in another place, each a part of its own below what was given,
/// so that nothing else there is touched and everything can be removed at the end. The places change sides when a region is lost.
/// </summary>
internal sealed class LocalStores : IAsyncDisposable
{
    private readonly RehearsalOptions options;
    private readonly string id;
    private readonly string[] bases;
    private readonly List<IObjectStore> opened = [];
    private bool isUsed;
    private int current;

    private LocalStores(RehearsalOptions options, string id, string[] bases, string evidence)
    {
        (this.options, this.id, this.bases) = (options, id, bases);
        Evidence = Open(evidence, options.Environment);
        Use(0);
    }

    public string PrimaryUrl { get; private set; }

    /// <summary>Where the next replica goes; nothing puts there unless a scenario replicates.</summary>
    public string ReplicaUrl { get; private set; }

    /// <summary>The primary with the rights of whoever recovers.</summary>
    public IObjectStore Primary { get; private set; }

    /// <summary>The primary with the rights of the host.</summary>
    public IObjectStore Writer { get; private set; }

    public IObjectStore Replica { get; private set; }

    /// <summary>Where the signed report goes: beside what is removed at the end.</summary>
    public IObjectStore Evidence { get; }

    /// <summary>Variables by which the host's programs reach the store with its rights.</summary>
    public IReadOnlyDictionary<string, string> WriterVariables => options.WriterEnvironment
        ?? options.Environment.Where(v => v.Key.StartsWith("AWS_", StringComparison.Ordinal)).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);

    /// <summary>Opens them; folders are made below <paramref name="root"/> where no store is given.</summary>
    public static LocalStores Open(RehearsalOptions options, string root, string id)
    {
        var evidence = options.Store ?? NewFolder(root, "evidence");
        return new LocalStores(options, id, [options.Store ?? NewFolder(root, "store"), options.Replica ?? NewFolder(root, "replica")], evidence);
    }

    /// <summary>Asks each of them, so that one that can't be used is known before anything is built for it.</summary>
    /// <exception cref="TwiBackupException">One of them does not answer, or not to us.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken)
    {
        foreach (var store in opened)
            await store.ReadClockAsync(cancellationToken);
        isUsed = true;
    }

    /// <summary>The replica is the primary from now on, and where the primary was a new replica may be.</summary>
    public void FailOver() => Use(current + 1);

    /// <summary>Takes away everything in the primary, as far as the store allows it.</summary>
    public Task LosePrimaryAsync(IProgressReporter progress, CancellationToken cancellationToken) => EmptyAsync(Primary, progress, cancellationToken);

    /// <summary>Removes what the rehearsal has put.</summary>
    public async Task RemoveAsync(IProgressReporter progress, CancellationToken cancellationToken)
    {
        foreach (var store in opened.Where(s => isUsed && s != Evidence).DistinctBy(s => s.Location))
            await EmptyAsync(store, progress, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in opened)
            await store.DisposeAsync();
    }

    /// <summary>A store's URL with one more part at the end of its path.</summary>
    internal static string Below(string url, string name)
    {
        var query = url.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? url : url[..query];
        return $"{path.TrimEnd('/')}/{name}{(query < 0 ? "" : url[query..])}";
    }

    [MemberNotNull(nameof(PrimaryUrl), nameof(ReplicaUrl), nameof(Primary), nameof(Writer), nameof(Replica))]
    private void Use(int number)
    {
        current = number;
        PrimaryUrl = Place(number);
        ReplicaUrl = Place(number + 1);
        Primary = Open(PrimaryUrl, options.Environment);
        Replica = Open(ReplicaUrl, options.Environment);
        Writer = Open(PrimaryUrl, With(options.Environment, WriterVariables));
    }

    private string Place(int number)
    {
        var url = Below(bases[number % 2], number < 2 ? id : $"{id}-{number / 2}");
        const string Scheme = "file://";
        if (url.StartsWith(Scheme, StringComparison.Ordinal) && Directory.Exists(Path.GetDirectoryName(Uri.UnescapeDataString(url[Scheme.Length..]))))
            Directory.CreateDirectory(Uri.UnescapeDataString(url[Scheme.Length..]), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return url;
    }

    private IObjectStore Open(string url, IReadOnlyDictionary<string, string> environment)
    {
        var store = ObjectStoreFactory.Open(url, environment);
        opened.Add(store);
        return store;
    }

    private static async Task EmptyAsync(IObjectStore store, IProgressReporter progress, CancellationToken cancellationToken)
    {
        try
        {
            // Collected first: a listing that is read while it shrinks is nobody's promise.
            var versions = new List<ObjectVersion>();
            await foreach (var version in store.ListVersionsAsync("", cancellationToken))
                versions.Add(version);
            foreach (var version in versions)
                await store.DeleteAsync(version.Key, version.Version, cancellationToken);
        }
        catch (TwiBackupException e)
        {
            progress.Warn($"{store.Location} keeps what the rehearsal put there: {e.Message}");
        }
    }

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> variables, IReadOnlyDictionary<string, string> others)
    {
        var all = new Dictionary<string, string>(variables, StringComparer.Ordinal);
        foreach (var (name, value) in others)
            all[name] = value;
        return all;
    }

    private static string NewFolder(string root, string name) =>
        "file://" + Directory.CreateDirectory(Path.Combine(root, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
}
