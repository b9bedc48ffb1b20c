namespace TwiBackup.Scheduling;

/// <summary>How a job of the scheduler stands.</summary>
/// <param name="Job">Its name, e.g. <c>backup database</c>.</param>
/// <param name="NextRun">Null: it runs, or only when asked for.</param>
/// <param name="RunningSince">Null: it does not run.</param>
/// <param name="LastSuccess">Null: none is known.</param>
/// <param name="LastDuration">Of the last run that ended since the scheduler started.</param>
/// <param name="LastFailed">Whether that run failed.</param>
public sealed record JobState(
    string Job, DateTimeOffset? NextRun, DateTimeOffset? RunningSince, DateTimeOffset? LastSuccess, TimeSpan? LastDuration, bool LastFailed);
