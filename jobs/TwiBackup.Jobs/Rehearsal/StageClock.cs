using System.Diagnostics;

namespace TwiBackup.Rehearsal;

/// <summary>Times the stages of a recovery from one instant on, by the monotonic clock.</summary>
internal sealed class StageClock
{
    private readonly long startTicks;
    private readonly List<StageResult> stages = [];
    private long last;

    /// <param name="startTicks">The instant from which is counted, as <see cref="Stopwatch.GetTimestamp"/> gives it.</param>
    public StageClock(long startTicks) => last = this.startTicks = startTicks;

    /// <summary>The stages that have ended.</summary>
    public IReadOnlyList<StageResult> Stages => stages;

    /// <summary>From the start until the end of the last stage.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(startTicks, last);

    /// <summary>The stage that began with the end of the one before has ended now.</summary>
    public void End(string name)
    {
        var now = Stopwatch.GetTimestamp();
        stages.Add(new StageResult(name, Stopwatch.GetElapsedTime(last, now).TotalSeconds));
        last = now;
    }
}
