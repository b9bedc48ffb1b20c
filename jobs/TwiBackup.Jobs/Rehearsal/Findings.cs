using TwiBackup.Policy;
using TwiBackup.Verification;

namespace TwiBackup.Rehearsal;

/// <summary>
/// Collects what a scenario finds while it runs, so that one that fails on the way still says what it had found. Of several disasters the
/// worst counts.
/// </summary>
internal sealed class Findings
{
    private readonly Dictionary<string, Component> components = new(StringComparer.Ordinal);
    private readonly List<Check> checks = [];
    private readonly List<string> notes = [];
    private TimeSpan slowest = TimeSpan.MinValue;

    /// <summary>How many disasters have happened. What fails before the first is no rehearsal.</summary>
    public int Disasters { get; private set; }

    public IReadOnlyList<ComponentResult> Components => [.. components.Select(c => c.Value.Result(c.Key))];

    /// <summary>Of the slowest recovery.</summary>
    public IReadOnlyList<StageResult> Stages { get; private set; } = [];

    public IReadOnlyList<Check> Checks => checks;

    public IReadOnlyList<string> Notes => notes;

    public RehearsalBytes Bytes { get; private set; } = new(0, 0, 0);

    /// <summary>A component that will be measured, and what was promised of it. Said again it replaces the promise.</summary>
    public void Expect(string component, Objective objective)
    {
        if (components.TryGetValue(component, out var known))
            known.Objective = objective;
        else
            components[component] = new Component { Objective = objective };
    }

    /// <summary>One more disaster has happened; returns its number.</summary>
    public int Begin() => ++Disasters;

    /// <summary>What one disaster cost a component. A null where something was promised could not be measured, which is worse than any.</summary>
    public void Measure(string component, TimeSpan? lost, TimeSpan? away) => components[component].Add(lost, away);

    /// <summary>How long one recovery took; the slowest shows its stages.</summary>
    public void Add(StageClock clock)
    {
        if (clock.Elapsed <= slowest)
            return;
        (slowest, Stages) = (clock.Elapsed, [.. clock.Stages]);
    }

    /// <summary>How much there was; the most counts.</summary>
    public void Add(RehearsalBytes bytes) => Bytes = new RehearsalBytes(
        Math.Max(Bytes.Database, bytes.Database), Math.Max(Bytes.Stored, bytes.Stored), Math.Max(Bytes.Replayed, bytes.Replayed));

    /// <summary>A check of the newest disaster; its name says which where there are several.</summary>
    public void Add(Check check) => checks.Add(Disasters > 1 ? check with { Name = $"{check.Name} (disaster {Disasters})" } : check);

    public void Check(string name, bool passed, string detail) => Add(new Check(name, passed, detail));

    public void Note(string line) => notes.Add(line);

    private sealed class Component
    {
        private TimeSpan? lost;
        private TimeSpan? away;
        private bool isMeasured;

        public required Objective Objective { get; set; }

        public void Add(TimeSpan? newLost, TimeSpan? newAway)
        {
            lost = isMeasured ? Worst(lost, newLost) : newLost;
            away = isMeasured ? Worst(away, newAway) : newAway;
            isMeasured = true;
        }

        public ComponentResult Result(string name) => ComponentResult.Of(name, lost, Objective.Rpo, away, Objective.Rto);

        private static TimeSpan? Worst(TimeSpan? one, TimeSpan? other) => one is null || other is null ? null : one > other ? one : other;
    }
}
