using System.Collections.Concurrent;
using System.Diagnostics;
using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;

namespace TwiBackup.Tests.Attacks.Soak;

/// <summary>Runs the program's jobs again and again, each as a process, until told to stop; and the receiver beside them.</summary>
internal sealed class SoakJobs(CommandLine system, int seed, Action<string> say) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<int, string> running = new();
    private readonly ConcurrentDictionary<int, bool> killed = new();
    private readonly List<Task> loops = [];
    private readonly SemaphoreSlim room = new(2);
    private CancellationTokenSource stop = new();
    private CancellationTokenSource stopReceiver = new();
    private Task receiving = Task.CompletedTask;
    private volatile int receiver;

    /// <summary>How each job ended: done, killed by us, or failed whole with a reason.</summary>
    public ConcurrentDictionary<string, int> Ended { get; } = new();

    /// <summary>What may not be: a failure without a reason, a receiver that ended by itself.</summary>
    public ConcurrentQueue<string> Wrong { get; } = [];

    public int Kills => killed.Count;

    public void StartReceiver()
    {
        stopReceiver = new CancellationTokenSource();
        receiving = Task.Run(ReceiveAsync);
    }

    /// <summary>Begins; jobs of one kind follow each other after a while by chance, and two run at once, as the scheduler has it.</summary>
    public void Start(params (string[] Arguments, int Seconds)[] jobs)
    {
        stop = new CancellationTokenSource();
        var number = 0;
        foreach (var (arguments, seconds) in jobs)
        {
            var random = new Random(seed + ++number);
            loops.Add(Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await Task.Delay(TimeSpan.FromSeconds(seconds * (0.3 + random.NextDouble())), stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    await room.WaitAsync();
                    try
                    {
                        if (!stop.IsCancellationRequested)
                            await RunAsync(arguments);
                    }
                    finally
                    {
                        room.Release();
                    }
                }
            }));
        }
    }

    /// <summary>Runs one job to its end and judges how it ended.</summary>
    public async Task<CommandLine.Outcome> RunAsync(params string[] arguments)
    {
        var name = string.Join(' ', arguments.Take(2));
        var process = system.Start(arguments);
        var id = process.Id;
        running[id] = name;
        var watch = Stopwatch.StartNew();
        var outcome = await CommandLine.EndAsync(process);
        running.TryRemove(id, out _);
        var how = outcome.ExitCode == 0 ? "done" : killed.ContainsKey(id) ? "killed" : "failed";
        Ended.AddOrUpdate($"{name} {how}", 1, (_, count) => count + 1);
        say($"  {name}: {how} after {watch.ElapsedMilliseconds} ms{(how == "failed" ? $", {outcome.ExitCode}: {outcome.Reason}" : "")}");
        if (how == "failed" && outcome.ExitCode != (int)ExitCode.ObjectiveMissed && (outcome.Reason.Length < 20 || outcome.Errors.Contains("Unexpected", StringComparison.Ordinal) || outcome.Errors.Contains("did not say what", StringComparison.Ordinal)))
            Wrong.Enqueue($"{name}: {outcome.ExitCode} {outcome.Errors}");
        return outcome;
    }

    /// <summary>SIGKILL to one of the jobs that run, if any does.</summary>
    public bool KillJob(int chance)
    {
        var ids = running.Keys.Order().ToList();
        return ids.Count > 0 && Kill(ids[chance % ids.Count]);
    }

    public bool KillReceiver() => receiver is var id and not 0 && Kill(id);

    /// <summary>No job is started any more, and what runs is waited for; the receiver goes on.</summary>
    public async Task StopJobsAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        loops.Clear();
    }

    /// <summary>Neither jobs nor receiver are started any more; the receiver is killed.</summary>
    public async Task StopAsync()
    {
        await stopReceiver.CancelAsync();
        KillReceiver();
        await StopJobsAsync();
        await receiving;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await stopReceiver.CancelAsync();
        KillReceiver();
        foreach (var id in running.Keys)
            Kill(id);
        await Task.WhenAll([.. loops, receiving]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        stopReceiver.Dispose();
        room.Dispose();
    }

    private bool Kill(int id)
    {
        killed[id] = true;
        return ServerProcesses.Signal(id, ServerProcesses.Kill);
    }

    private async Task ReceiveAsync()
    {
        while (!stopReceiver.IsCancellationRequested)
        {
            var process = system.Start("wal", "receive");
            var id = process.Id;
            receiver = id;
            // Whoever stopped while it was being started did not see it yet.
            if (stopReceiver.IsCancellationRequested)
                Kill(id);
            var outcome = await CommandLine.EndAsync(process);
            receiver = 0;
            if (!killed.ContainsKey(id))
                Wrong.Enqueue($"The receiver ended by itself: {outcome.ExitCode} {outcome.Errors}");
        }
    }
}
