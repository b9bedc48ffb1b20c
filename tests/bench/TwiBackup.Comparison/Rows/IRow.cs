using TwiBackup.Comparison.Report;

namespace TwiBackup.Comparison.Rows;

/// <summary>One thing that is measured: some lines of the table.</summary>
internal interface IRow
{
    /// <summary>For <c>--rows</c>.</summary>
    string Name { get; }

    /// <summary>Measures it. What it needs beyond the large database it makes, and what it made and others would meet it removes.</summary>
    Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken);
}
