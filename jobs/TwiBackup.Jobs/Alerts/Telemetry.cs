using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TwiBackup.Alerts;

/// <summary>
/// What is measured, whoever listens: names after OpenTelemetry's conventions, units in UCUM. Nothing here holds a secret or a name that
/// grows without bound.
/// </summary>
public static class Telemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "TwiBackup";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Runs =
        Meter.CreateCounter<long>("twibackup.job.runs", "{run}", "Runs of jobs that ended, by job and result");

    private static readonly Histogram<double> Durations = Meter.CreateHistogram(
        "twibackup.job.duration", "s", "How long jobs ran, by job and result",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600] });

    private static readonly Gauge<double> SetAges =
        Meter.CreateGauge<double>("twibackup.set.age", "s", "Age of the newest good set, by kind");

    private static readonly Gauge<long> SetBytes =
        Meter.CreateGauge<long>("twibackup.set.size", "By", "Bytes of the newest good set, by kind and form (plain, stored)");

    private static readonly Gauge<double> SetDurations =
        Meter.CreateGauge<double>("twibackup.set.duration", "s", "How long the newest good set took, by kind");

    private static readonly Gauge<double> RecoverableAges =
        Meter.CreateGauge<double>("twibackup.recoverable.age", "s", "Age of the newest point that the database can be recovered to, by store");

    private static readonly Gauge<long> Lags =
        Meter.CreateGauge<long>("twibackup.wal.lag", "By", "WAL that the server has and the store has not");

    private static readonly Gauge<long> MissedObjectives =
        Meter.CreateGauge<long>("twibackup.objective.missed", "1", "1 when a component misses its objective, by component");

    public static void JobEnded(JobOutcome outcome)
    {
        var tags = new TagList { { "job", outcome.Job }, { "result", outcome.Result.ToString() } };
        Runs.Add(1, tags);
        Durations.Record(outcome.Duration.TotalSeconds, tags);
    }

    public static void Set(string kind, TimeSpan age, long plainBytes, long storedBytes, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("kind", kind);
        SetAges.Record(age.TotalSeconds, tag);
        SetBytes.Record(plainBytes, tag, new KeyValuePair<string, object?>("form", "plain"));
        SetBytes.Record(storedBytes, tag, new KeyValuePair<string, object?>("form", "stored"));
        SetDurations.Record(duration.TotalSeconds, tag);
    }

    /// <param name="store">primary or replica.</param>
    public static void Recoverable(string store, TimeSpan age) => RecoverableAges.Record(age.TotalSeconds, new KeyValuePair<string, object?>("store", store));

    public static void WalLag(long bytes) => Lags.Record(bytes);

    public static void Objective(string component, bool isMissed) => MissedObjectives.Record(isMissed ? 1 : 0, new KeyValuePair<string, object?>("component", component));
}
