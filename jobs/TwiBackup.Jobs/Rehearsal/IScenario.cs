using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>A disaster, how it is recovered from, and what is measured.</summary>
internal interface IScenario
{
    string Name { get; }

    /// <summary>
    /// Lets it happen to a system that was built for it, recovers, and tells the findings. What it throws after a disaster is a recovery
    /// that failed.
    /// </summary>
    Task RunAsync(LocalSystem system, Findings findings, CancellationToken cancellationToken);
}
