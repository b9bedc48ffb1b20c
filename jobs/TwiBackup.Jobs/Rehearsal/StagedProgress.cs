using TwiBackup.Progress;

namespace TwiBackup.Rehearsal;

/// <summary>Passes progress on, and ends a stage of the clock when the next one begins.</summary>
internal sealed class StagedProgress(IProgressReporter inner, StageClock clock, string firstStage) : IProgressReporter
{
    private string current = firstStage;

    /// <summary>Ends the stage that runs.</summary>
    public void End() => clock.End(current);

    public void Stage(string name, long? totalBytes = null)
    {
        clock.End(current);
        current = name;
        inner.Stage(name, totalBytes);
    }

    public void Advance(long bytes) => inner.Advance(bytes);

    public void Say(string line) => inner.Say(line);

    public void Warn(string line) => inner.Warn(line);
}
