namespace TwiBackup.Infra.Watching;

/// <summary>An alarm as data.</summary>
/// <param name="Name">Unique in the account and region.</param>
/// <param name="Description">For whoever is woken: what is wrong, and what to do first.</param>
public sealed record AlarmSpec(string Name, string Description)
{
    public required string Namespace { get; init; }

    public required string Metric { get; init; }

    public IReadOnlyDictionary<string, string> Dimensions { get; init; } = new Dictionary<string, string>();

    public string Statistic { get; init; } = "Maximum";

    /// <summary>Seconds of one data point.</summary>
    public int Period { get; init; } = 300;

    /// <summary>How many data points in a row have to be bad.</summary>
    public int Periods { get; init; } = 1;

    public double Threshold { get; init; }

    /// <summary>Bad is below the threshold; else above it.</summary>
    public bool Below { get; init; }

    /// <summary>Whether silence is bad: a job that never ran reports nothing.</summary>
    public bool SilenceIsBad { get; init; }
}
