using TwiBackup.Policy;

namespace TwiBackup.Scheduling;

/// <summary>A job that the scheduler runs: what, when, and after what.</summary>
public sealed record ScheduledJob
{
    /// <summary>
    /// The policy's word: full, incremental, dump, configuration, repository, logs, rehearsal, prune; <c>verification full</c> and so on.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>What is run, as it is typed behind <c>twibackup</c>.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>More arguments, which are no part of <see cref="Name"/>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>When; on change: only when asked for.</summary>
    public required Schedule Schedule { get; init; }

    /// <summary>The secrets of the policy that it is given.</summary>
    public JobSecrets Secrets { get; init; }

    /// <summary>Whether it runs at once when no run of it is known: a backup that was never taken is missing, a rehearsal is not.</summary>
    public bool RunsWhenNever { get; init; }

    /// <summary>The kind of which there must be a set before it means anything; null: none.</summary>
    public string? Needs { get; init; }

    /// <summary>Whether it costs so little that it need not wait for others.</summary>
    public bool IsLight { get; init; }

    /// <summary>The kind whose every success it follows; null: none.</summary>
    public string? After { get; init; }

    /// <summary>The job's name in logs and alerts, e.g. <c>backup database</c>.</summary>
    public string Name => string.Join(' ', Arguments);
}
