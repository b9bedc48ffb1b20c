using TwiBackup.Rehearsal.Bot;
using TwiBackup.Stores;

namespace TwiBackup.Rehearsal;

/// <summary>
/// Fills a replica as replication between regions does: every object is taken along as it is when it is first seen, is under way for a
/// random time, and so they arrive in no order; a manifest may be there before its data. Deletes and overwrites are not passed on. When the
/// region is lost, what was under way is lost with it.
/// </summary>
internal sealed class DelayedReplication : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(150);

    private readonly IObjectStore from;
    private readonly IObjectStore to;
    private readonly string spool;
    private readonly TimeSpan lag;
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly List<Parcel> underWay = [];
    private readonly Lock gate = new();
    private readonly CancellationTokenSource ending = new();
    private readonly Task running;
    private SplitMix random;
    private string? holdNext;
    private string? held;

    private DelayedReplication(IObjectStore from, IObjectStore to, string spool, TimeSpan lag, int seed)
    {
        (this.from, this.to, this.spool, this.lag, random) = (from, to, spool, lag, new SplitMix((ulong)seed));
        running = Task.Run(() => RunAsync(ending.Token));
    }

    /// <summary>Begins. What is under way lies in <paramref name="spool"/>, a new folder.</summary>
    public static DelayedReplication Start(IObjectStore from, IObjectStore to, string spool, TimeSpan lag, int seed)
    {
        Directory.CreateDirectory(spool, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new DelayedReplication(from, to, spool, lag, seed);
    }

    /// <summary>The object that is held; null: none is.</summary>
    public string? Held
    {
        get
        {
            lock (gate)
                return held;
        }
    }

    /// <summary>The next new object whose key has this in it does not arrive: there is always one that is late.</summary>
    public void HoldNext(string part)
    {
        lock (gate)
            holdNext = part;
    }

    /// <summary>Waits until an object has arrived.</summary>
    public async Task WaitForAsync(IEnumerable<string> keys, CancellationToken cancellationToken)
    {
        foreach (var key in keys)
        {
            while (await to.HeadAsync(key, cancellationToken) is null)
            {
                if (running.IsCompleted)
                    await running;
                await Task.Delay(Poll, cancellationToken);
            }
        }
    }

    /// <summary>Lets everything that is under way arrive, but what is held.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (gate)
            {
                if (underWay.TrueForAll(p => p.Key == held))
                    return;
            }

            if (running.IsCompleted)
                await running;
            await Task.Delay(Poll, cancellationToken);
        }
    }

    /// <summary>The region is gone: nothing arrives any more. Returns how many objects were under way.</summary>
    public async Task<int> CutAsync()
    {
        await ending.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return underWay.Count;
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        ending.Dispose();
        if (Directory.Exists(spool))
            Directory.Delete(spool, recursive: true);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await foreach (var info in from.ListAsync("", null, cancellationToken))
            {
                if (!seen.Contains(info.Key))
                    await TakeAsync(info.Key, cancellationToken);
            }

            foreach (var parcel in Due())
                await DeliverAsync(parcel, cancellationToken);
            await Task.Delay(Poll, cancellationToken);
        }
    }

    private async Task TakeAsync(string key, CancellationToken cancellationToken)
    {
        var file = Path.Combine(spool, Guid.NewGuid().ToString("n"));
        try
        {
            await using var source = await from.OpenReadAsync(key, null, null, cancellationToken);
            await using var copy = File.Create(file);
            await source.CopyToAsync(copy, cancellationToken);
        }
        catch (ObjectMissingException)
        {
            // Deleted between the listing and now: it may be put again.
            return;
        }

        seen.Add(key);
        lock (gate)
        {
            underWay.Add(new Parcel(key, file, DateTime.UtcNow + (lag * random.Fraction())));
            if (holdNext is not null && key.Contains(holdNext, StringComparison.Ordinal))
                (held, holdNext) = (key, null);
        }
    }

    /// <summary>What arrives now, in random order.</summary>
    private List<Parcel> Due()
    {
        lock (gate)
        {
            var due = underWay.Where(p => p.Arrives <= DateTime.UtcNow && p.Key != held).ToList();
            for (var i = due.Count - 1; i > 0; i--)
            {
                var other = random.Below(i + 1);
                (due[i], due[other]) = (due[other], due[i]);
            }

            return due;
        }
    }

    private async Task DeliverAsync(Parcel parcel, CancellationToken cancellationToken)
    {
        await using (var upload = await to.CreateAsync(parcel.Key, PutCondition.IfAbsent, cancellationToken))
        {
            await using var source = File.OpenRead(parcel.File);
            await source.CopyToAsync(upload, cancellationToken);
            await upload.CommitAsync(cancellationToken);
        }

        lock (gate)
            underWay.Remove(parcel);
        File.Delete(parcel.File);
    }

    private sealed record Parcel(string Key, string File, DateTime Arrives);
}
