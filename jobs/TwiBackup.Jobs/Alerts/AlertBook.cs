using System.Text.Json.Serialization;

namespace TwiBackup.Alerts;

/// <summary>
/// What failed and what of it was told. The first failure is told at once, the same one again at most every so often and with its
/// count, and the job's success once. What could not be delivered stays due.
/// </summary>
internal sealed class AlertBook
{
    /// <summary>More causes than this in one job at a time are told as one: a message whose random part is not seen through.</summary>
    private const int MostCauses = 5;
    private const int MostGroups = 200;
    private const string OtherCauses = "other";
    private static readonly TimeSpan ClaimTime = TimeSpan.FromMinutes(1);

    [JsonInclude]
    public List<AlertGroup> Groups { get; init; } = [];

    /// <summary>Before this Discord does not want to be asked.</summary>
    public DateTimeOffset NotBefore { get; set; }

    /// <summary>Whether some job's last word was a failure.</summary>
    [JsonIgnore]
    public bool HasOpenFailure => Groups.Exists(g => g.IsOpen);

    /// <param name="cause">What makes two of them the same.</param>
    public void Add(
        string job, string cause, AlertLevel level, string message, string? advice, TimeSpan? duration, DateTimeOffset now)
    {
        if (Groups.Count(g => g.Job == job && g.Cause != cause) >= MostCauses)
            cause = OtherCauses;
        var known = Groups.FindIndex(g => g.Job == job && g.Cause == cause);
        if (known < 0)
        {
            if (Groups.Count < MostGroups)
                Groups.Add(new AlertGroup { Job = job, Cause = cause, Level = level, Message = message, Advice = advice, Since = now, LastAt = now, Seconds = duration?.TotalSeconds });
            return;
        }

        var group = Groups[known];
        Groups[known] = group with
        {
            Message = message,
            Advice = advice,
            LastAt = now,
            Count = group.Count + 1,
            Seconds = duration?.TotalSeconds,
            RecoveredAt = null,
        };
    }

    public void Succeed(string job, DateTimeOffset now)
    {
        for (var i = 0; i < Groups.Count; i++)
        {
            if (Groups[i].Job == job && Groups[i].IsOpen)
                Groups[i] = Groups[i] with { RecoveredAt = now };
        }
    }

    /// <summary>What is to be told now, claimed for whoever asks: groups of one alert each; what recovered is one alert a job.</summary>
    public List<List<AlertGroup>> TakeDue(DateTimeOffset now, TimeSpan repeat)
    {
        Forget(now - repeat);
        var due = new List<List<AlertGroup>>();
        for (var i = 0; i < Groups.Count; i++)
        {
            var group = Groups[i];
            if (!IsDue(group, now, repeat))
                continue;
            Groups[i] = group = group with { ClaimedUntil = now + ClaimTime };
            if (group.RecoveredAt is not null && due.Find(d => d[0].Job == group.Job && d[0].RecoveredAt is not null) is { } together)
                together.Add(group);
            else
                due.Add([group]);
        }

        return due;
    }

    /// <summary>What <see cref="TakeDue"/> gave was delivered, or was not.</summary>
    public void Settle(IReadOnlyList<AlertGroup> taken, bool delivered, DateTimeOffset now)
    {
        foreach (var told in taken)
        {
            var at = Groups.FindIndex(told.IsSame);
            if (at < 0)
                continue;
            var group = Groups[at] with { ClaimedUntil = null };
            if (delivered && told.RecoveredAt is not null && group.RecoveredAt is not null)
                Groups.RemoveAt(at);
            else
                Groups[at] = delivered ? group with { SentAt = now, SentCount = told.Count } : group;
        }
    }

    private static bool IsDue(AlertGroup group, DateTimeOffset now, TimeSpan repeat)
    {
        // A claim that lies further ahead than claims do was made before the clock was set back.
        if (group.ClaimedUntil is { } claimed && claimed > now && claimed <= now + ClaimTime)
            return false;
        if (group.RecoveredAt is not null || group.SentAt is not { } sent)
            return true;
        return group.Level == AlertLevel.Failure && group.Count > group.SentCount && (now - sent >= repeat || sent > now);
    }

    /// <summary>Notices that were told long enough ago.</summary>
    private void Forget(DateTimeOffset before) => Groups.RemoveAll(g => g.Level == AlertLevel.Notice && g.SentAt <= before && g.LastAt <= before);
}
