namespace TwiBackup.Rehearsal.Bot;

/// <summary>The stand-in's counts, shared by its connections. Thread safe.</summary>
internal sealed class BotCounters
{
    private readonly Lock _gate = new();
    private BotStatus _status = new(
        Running: false, Starts: 0, Heartbeats: 0, Messages: 0, RefusedStatements: 0, LastAcknowledged: null, LastError: null);
    private TaskCompletionSource<Acknowledgement> _next = New();

    public BotStatus Status
    {
        get
        {
            lock (_gate) return _status;
        }
    }

    public Task<Acknowledgement> NextHeartbeat
    {
        get
        {
            lock (_gate) return _next.Task;
        }
    }

    public void Started() => Change(now => now with { Running = true, Starts = now.Starts + 1, LastError = null });

    public void Stopped(string? why) => Change(now => now with { Running = false, LastError = why ?? now.LastError });

    public void MessageWritten() => Change(now => now with { Messages = now.Messages + 1 });

    public void Refused(string why) => Change(now => now with { RefusedStatements = now.RefusedStatements + 1, LastError = why });

    public void Acknowledged(Acknowledgement heartbeat)
    {
        TaskCompletionSource<Acknowledgement> waiting;
        lock (_gate)
        {
            _status = _status with { Heartbeats = _status.Heartbeats + 1, LastAcknowledged = heartbeat };
            waiting = _next;
            _next = New();
        }

        waiting.SetResult(heartbeat);
    }

    private static TaskCompletionSource<Acknowledgement> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Change(Func<BotStatus, BotStatus> change)
    {
        lock (_gate) _status = change(_status);
    }
}
