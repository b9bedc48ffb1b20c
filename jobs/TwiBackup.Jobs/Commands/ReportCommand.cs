using System.CommandLine;
using System.Text;
using System.Text.Json;
using TwiBackup.Progress;
using TwiBackup.Reports;
using TwiBackup.Status;

namespace TwiBackup.Commands;

/// <summary><c>twibackup report</c>.</summary>
internal static class ReportCommand
{
    private const string DefaultFile = "twibackup-report.html";

    public static Command Create()
    {
        var output = new Option<string?>("--out")
        {
            Description = $"Where it is written; - is standard output (default: {DefaultFile}; with --json standard output)",
            HelpName = "FILE",
        };
        var command = new Command("report", "Write a page that shows what could be recovered now, and the history: one HTML file that loads nothing. Ends as status does") { output, GlobalOptions.Json };
        return command.Runs(async (parsed, cancellationToken) =>
        {
            await using var job = JobContext.Open(parsed.GetValue(GlobalOptions.Policy), JobRole.Reader, new LineProgress(Console.Error));
            await using var replica = job.OpenReplica();
            var report = await job.Report(replica).ReadAsync(cancellationToken);
            var json = parsed.GetValue(GlobalOptions.Json);
            var content = json ? JsonSerializer.Serialize(report, ReportJson.Default.SystemReport) + "\n" : SystemPage.Render(report);
            var file = parsed.GetValue(output) ?? (json ? "-" : DefaultFile);
            if (file == "-")
            {
                await Console.Out.WriteAsync(content);
            }
            else
            {
                await PageFile.WriteAsync(Path.GetFullPath(file), content, cancellationToken);
                Console.Out.WriteLine($"{report.Summary.Sentence} See {Path.GetFullPath(file)} ({Sizes.Text(Encoding.UTF8.GetByteCount(content))}).");
            }

            return StatusCheck.CodeOf(report.Status);
        });
    }
}
