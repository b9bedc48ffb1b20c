namespace TwiBackup.Comparison.Report;

/// <summary>A line of the table.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Ours">Our figure, with its unit.</param>
/// <param name="Beside">The peer's name and figure; empty without one.</param>
/// <param name="Ratio">The median of the pairs' ratios; empty without a peer.</param>
/// <param name="Wanted">What it must be; empty where there is no bar.</param>
/// <param name="Met">Whether it is; null where there is no bar, or nothing to hold it against.</param>
internal sealed record Line(string What, string Ours, string Beside = "", string Ratio = "", string Wanted = "", bool? Met = null);
