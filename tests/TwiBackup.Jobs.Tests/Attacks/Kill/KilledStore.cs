using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>A store that can be killed: a Ceph of our own on disk, with all of its processes, behind a proxy that counts bytes.</summary>
public sealed class KilledStore : IAsyncLifetime
{
    public S3TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await S3TestServer.StartOwnAsync(onDisk: true);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>A system that stores in a bucket there, through the proxy.</summary>
    internal async Task<(CommandLine System, FaultProxy Proxy)> StartAsync(params (string Name, string Value)[] settings)
    {
        var system = await CommandLine.StartAsync(
            CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, await TestStores.NewS3StoreAsync(Server), settings);
        var proxy = FaultProxy.Before(Server.Endpoint);
        await system.UseStoreAsync(S3Faults.UrlThrough(proxy, system.Store));
        return (system, proxy);
    }

    /// <summary>Kills the store when so many more bytes have passed, while the job runs; how it ended.</summary>
    /// <param name="all">Not radosgw alone, but all that the store consists of.</param>
    /// <param name="away">How long the store is away; null: until the job has ended.</param>
    /// <returns>Whether the job still ran then, and how it ended.</returns>
    internal async Task<(bool Killed, CommandLine.Outcome Outcome)> KillUnderAsync(
        CommandLine system, FaultProxy proxy, long bytes, bool all, TimeSpan? away, params string[] job)
    {
        var dead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        proxy.When(proxy.Bytes + bytes, () =>
        {
            Server.Kill(all);
            dead.SetResult();
        });
        var ended = system.RunAsync(job);
        await Task.WhenAny(ended, dead.Task);
        var killed = dead.Task.IsCompleted;
        proxy.When(long.MaxValue, () => { });
        if (away is { } time)
            await Task.Delay(time, CommandLine.Cancellation);
        else
            await ended;
        await Server.StartAgainAsync();
        return (killed, await ended);
    }
}
