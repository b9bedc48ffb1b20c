using TwiBackup.Progress;

namespace TwiBackup.Wal;

/// <summary>Says that something is out at its first failure and once a minute from then, and that it is back. Thread safe.</summary>
internal sealed class OutageVoice(
    WalEventKind outage, WalEventKind? back, string what, Action<WalEvent> onEvent, IProgressReporter progress, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly Lock _sync = new();
    private DateTimeOffset _since;
    private DateTimeOffset _said;
    private bool _isOut;

    /// <summary>Whether the last thing heard was a failure.</summary>
    public bool IsOut
    {
        get
        {
            lock (_sync)
                return _isOut;
        }
    }

    public void Failed(Exception cause)
    {
        string line;
        bool first;
        lock (_sync)
        {
            var now = time.GetUtcNow();
            first = !_isOut;
            if (first)
                _since = now;
            else if (now - _said < Every)
                return;
            _isOut = true;
            _said = now;
            line = first
                ? $"{what}: {cause.Message}"
                : $"{what} for {(int)(now - _since).TotalSeconds} s: {cause.Message}";
        }

        if (first)
            onEvent(new WalEvent(outage, line));
        progress.Warn(line);
    }

    public void Worked()
    {
        lock (_sync)
        {
            if (!_isOut)
                return;
            _isOut = false;
        }

        if (back is { } kind)
            onEvent(new WalEvent(kind, $"{what}: over."));
        progress.Say($"{what}: over.");
    }
}
