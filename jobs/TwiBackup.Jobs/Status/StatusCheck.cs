using System.Globalization;
using System.Text;
using TwiBackup.Policy;
using TwiBackup.Progress;

namespace TwiBackup.Status;

/// <summary>
/// The status as one line and an exit code, for monitoring systems: the verdict, what is wrong or how well it is, and behind <c>|</c> numbers
/// as the <see href="https://www.monitoring-plugins.org/doc/guidelines.html#AEN201">monitoring plugins</see> write them.
/// </summary>
public static class StatusCheck
{
    /// <summary>0: as promised; 3: an objective is missed; 1: it can't be told.</summary>
    public static ExitCode CodeOf(SystemStatus status) => status.State switch
    {
        ComponentState.Good => ExitCode.Done,
        ComponentState.Missed => ExitCode.ObjectiveMissed,
        _ => ExitCode.Failed,
    };

    public static string LineOf(SystemStatus status)
    {
        var line = new StringBuilder();
        var verdict = status.State switch { ComponentState.Good => "OK", ComponentState.Missed => "MISSED", _ => "UNKNOWN" };
        line.Append(CultureInfo.InvariantCulture, $"{verdict} {status.System}: ");
        line.AppendJoin("; ", status.State == ComponentState.Good ? Good(status) : Bad(status));
        var numbers = Numbers(status).ToList();
        if (numbers.Count > 0)
            line.Append(" | ").AppendJoin(' ', numbers);
        return line.ToString();
    }

    /// <summary>For a status that can't be read at all.</summary>
    public static string UnknownLine(string? system, string why) => $"UNKNOWN {system ?? "twibackup"}: {why.ReplaceLineEndings(" ").Replace('|', '/')}";

    private static IEnumerable<string> Bad(SystemStatus status)
    {
        foreach (var component in status.Components.Where(c => c.State != ComponentState.Good))
            yield return Clean($"{component.Name}: {component.Detail}");
        if (status.Replica is { State: not ComponentState.Good } replica)
            yield return Clean($"replica: {replica.Detail}");
    }

    private static IEnumerable<string> Good(SystemStatus status)
    {
        if (status.Recoverable is { } point)
            yield return $"recoverable to {Text(point.Time)} ({Sizes.Text(status.At - point.Time)} ago)";
        foreach (var component in status.Components.Where(c => c.Name is "full" or "dump" or "verification" && c.AgeSeconds is not null))
            yield return $"{component.Name} {Sizes.Text(TimeSpan.FromSeconds(component.AgeSeconds!.Value))} ago";
        if (status.Replica is { } replica)
            yield return Clean($"replica {replica.Detail}");
    }

    private static IEnumerable<string> Numbers(SystemStatus status)
    {
        foreach (var component in status.Components.Where(c => c.AgeSeconds is not null))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{component.Name.Replace(' ', '_')}_age={component.AgeSeconds:0}s;;{(component.ObjectiveSeconds is { } most ? most.ToString("0", CultureInfo.InvariantCulture) : "")}");
        }

        if (status.Replica?.AgeSeconds is { } age)
            yield return string.Create(CultureInfo.InvariantCulture, $"replica_age={age:0}s;;{status.Replica.ObjectiveSeconds:0}");
    }

    /// <summary>One line without the bar that begins the numbers.</summary>
    private static string Clean(string text) => text.ReplaceLineEndings(" ").Replace('|', '/');

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
