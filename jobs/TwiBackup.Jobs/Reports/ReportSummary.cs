using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>What a person must know first: what would come back, and whether every promise is kept.</summary>
public sealed record ReportSummary(ComponentState State, string Sentence)
{
    /// <summary>Of how a system stands.</summary>
    public static ReportSummary Of(SystemStatus status, DatabaseMode mode) =>
        new(status.State, $"If everything were lost now, {WhatComesBack(status, mode)}; {Promises(status)}.");

    private static string WhatComesBack(SystemStatus status, DatabaseMode mode)
    {
        var at = mode == DatabaseMode.Physical ? status.Recoverable?.Time : status.Components.FirstOrDefault(c => c.Name == "dump")?.At;
        if (at is not { } time)
            return "the database could not be recovered";
        return $"the database would come back as it was {Sizes.Text(Whole(status.At - time))} ago";
    }

    private static string Promises(SystemStatus status)
    {
        var broken = Names(status, ComponentState.Missed);
        var unknown = Names(status, ComponentState.Unknown);
        var count = status.Components.Count + (status.Replica is null ? 0 : 1);
        if (broken.Count > 0)
            return $"{broken.Count} of {count} promises {(broken.Count == 1 ? "is" : "are")} broken ({string.Join(", ", broken)})";
        return unknown.Count > 0 ? $"whether every promise is kept can't be told ({string.Join(", ", unknown)})" : "every promise is kept";
    }

    private static List<string> Names(SystemStatus status, ComponentState state)
    {
        var names = status.Components.Where(c => c.State == state).Select(c => c.Name).ToList();
        if (status.Replica?.State == state)
            names.Add("replica");
        return names;
    }

    /// <summary>Nobody reads the hundredths of an age.</summary>
    private static TimeSpan Whole(TimeSpan age) => TimeSpan.FromSeconds(Math.Max(0, Math.Round(age.TotalSeconds)));
}
