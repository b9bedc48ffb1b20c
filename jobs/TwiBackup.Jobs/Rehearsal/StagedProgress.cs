using TwiBackup.Progress;

namespace TwiBackup.Rehearsal;

/// <summary>Passes progress on, and ends a stage of the clock when the next one begins.</summary>
/// <param name="names">What stages that others begin are called in the report; those with one name follow each other as one.</param>
internal sealed class StagedProgress(IProgressReporter inner, StageClock clock, string firstStage, IReadOnlyDictionary<string, string>? names = null) : IProgressReporter
{
    /// <summary>What is behind the name of a stage that had to be begun again.</summary>
    private const string GivenUp = " given up";

    private string begun = firstStage;
    private string current = firstStage;

    /// <summary>Time that went into stages which had to be begun again.</summary>
    public TimeSpan Wasted => TimeSpan.FromSeconds(clock.Stages.Where(s => s.Name.EndsWith(GivenUp, StringComparison.Ordinal)).Sum(s => s.Seconds));

    /// <summary>Ends the stage that runs.</summary>
    public void End() => clock.End(current);

    public void Stage(string name, long? totalBytes = null)
    {
        var called = names?.GetValueOrDefault(name) ?? name;
        if (name == begun)
            clock.End(current + GivenUp);
        else if (called != current)
            clock.End(current);
        (begun, current) = (name, called);
        inner.Stage(name, totalBytes);
    }

    public void Advance(long bytes) => inner.Advance(bytes);

    public void Say(string line) => inner.Say(line);

    public void Warn(string line) => inner.Warn(line);
}
