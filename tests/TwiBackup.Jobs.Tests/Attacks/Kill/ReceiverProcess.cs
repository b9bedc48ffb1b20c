using System.Diagnostics;
using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>The receiver as a process.</summary>
internal sealed class ReceiverProcess(CommandLine system) : IAsyncDisposable
{
    private int process;
    private Task<CommandLine.Outcome>? ended;
    private Func<long> written = () => 0;

    public async Task StartAsync()
    {
        var started = system.Start("wal", "receive");
        process = started.Id;
        written = Victim.Written(started);
        ended = CommandLine.EndAsync(started);
        while (await system.Server.ScalarAsync("select count(*) from pg_replication_slots where active") != "1")
        {
            Assert.False(ended.IsCompleted, ended.IsCompleted ? (await ended).Errors : "");
            await Task.Delay(20, CommandLine.Cancellation);
        }
    }

    /// <summary>Waits for so many bytes, or so long.</summary>
    public async Task WaitForBytesAsync(long bytes, int milliseconds)
    {
        var watch = Stopwatch.StartNew();
        var at = written() + bytes;
        while (written() < at && watch.ElapsedMilliseconds < milliseconds)
            await Task.Delay(1, CommandLine.Cancellation);
        Assert.False(ended!.IsCompleted, ended.IsCompleted ? (await ended).Errors : "");
    }

    public void Signal() => ServerProcesses.Signal(process, ServerProcesses.Kill);

    public async Task KillAsync()
    {
        ServerProcesses.Signal(process, ServerProcesses.Kill);
        Assert.Equal(137, (await ended!).ExitCode);
        process = 0;
    }

    public async Task CatchUpAsync(Lsn to)
    {
        var watch = Stopwatch.StartNew();
        while (Lsn.Parse(await system.Server.ScalarAsync("select coalesce((select max(flush_lsn) from pg_stat_replication), '0/0')")) < to)
        {
            Assert.False(ended!.IsCompleted, ended.IsCompleted ? (await ended).Errors : "");
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"{to} is not durable after a minute");
            await Task.Delay(20, CommandLine.Cancellation);
        }
    }

    public async Task<CommandLine.Outcome> StopAsync()
    {
        ServerProcesses.Signal(process, ServerProcesses.Terminate);
        process = 0;
        return await ended!;
    }

    public async ValueTask DisposeAsync()
    {
        if (process != 0)
        {
            ServerProcesses.Signal(process, ServerProcesses.Kill);
            await ended!;
        }
    }
}
