using System.Diagnostics;

namespace TwiBackup.Wal;

/// <summary>
/// When the bytes that no put has taken are due as a tail: an interval after the first of them came. Guarded by the lock of whoever owns it.
/// </summary>
internal sealed class TailTimer(TimeSpan interval)
{
    private long? _since;

    /// <summary>How long they may still wait; null when there are none, or they are due.</summary>
    public TimeSpan? Left => _since is { } since && interval - Stopwatch.GetElapsedTime(since) is var left && left > TimeSpan.Zero ? left : null;

    /// <summary>Bytes came.</summary>
    public void Begin() => _since ??= Stopwatch.GetTimestamp();

    /// <summary>What came is taken, or its buffer is full and goes as a whole.</summary>
    public void Reset() => _since = null;
}
