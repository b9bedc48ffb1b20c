using System.Globalization;
using System.Text;

namespace TwiBackup.Alerts;

/// <summary>
/// Metrics as the text that Prometheus reads
/// (<see href="https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format">exposition format</see>), for the textfile
/// collector of its node exporter. Samples of one metric are added one after the other.
/// </summary>
public sealed class PrometheusText
{
    private readonly StringBuilder text = new();
    private string current = "";

    /// <summary>Adds a gauge's sample; null adds nothing.</summary>
    public void Add(string name, string help, double? value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        if (value is not { } number)
            return;
        if (name != current)
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
        current = name;
        text.Append(name);
        for (var i = 0; i < labels.Length; i++)
            text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(Escaped(labels[i].Value)).Append('"');
        if (labels.Length > 0)
            text.Append('}');
        text.Append(CultureInfo.InvariantCulture, $" {number}\n");
    }

    public override string ToString() => text.ToString();

    /// <summary>
    /// Replaces a file at once, so that nobody reads half of it. It holds no secret and is made for another account to read: mode 0644.
    /// </summary>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        // The collector reads *.prom only: what a crash leaves is not taken for metrics.
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            await File.WriteAllTextAsync(temporary, ToString(), cancellationToken);
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException($"The metrics can't be written to {path}: {e.Message} Name another file with --metrics.", e);
        }
    }

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
