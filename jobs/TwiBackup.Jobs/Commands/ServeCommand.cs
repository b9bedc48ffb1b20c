using System.CommandLine;
using System.Net;
using TwiBackup.Policy;
using TwiBackup.Reports.Live;

namespace TwiBackup.Commands;

/// <summary><c>twibackup serve</c>.</summary>
internal static class ServeCommand
{
    private static readonly IPEndPoint Default = new(IPAddress.Loopback, 8420);

    public static Command Create()
    {
        var listen = new Option<IPEndPoint>("--listen")
        {
            Description = "Where it listens",
            HelpName = "ADDRESS:PORT",
            DefaultValueFactory = _ => Default,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                // A name may lead anywhere; this one leads here.
                var numeric = text.StartsWith("localhost:", StringComparison.Ordinal) ? $"{IPAddress.Loopback}{text[9..]}" : text;
                if (IPEndPoint.TryParse(numeric, out var endpoint) && numeric.EndsWith($":{endpoint.Port}", StringComparison.Ordinal))
                    return endpoint;
                result.AddError($"--listen \"{text}\" is no address with a port. Write it like 127.0.0.1:8420 or [::1]:8420.");
                return null;
            },
        };
        var expose = new Option<bool>("--expose") { Description = "Let --listen name an address that other machines reach. The page asks for no password: put something before it that does" };
        var command = new Command("serve", "Show the report live in a browser on this machine; /health is status --check for monitoring systems") { listen, expose };
        return command.Runs(async (parsed, cancellationToken) =>
        {
            var endpoint = parsed.GetRequiredValue(listen);
            var isExposed = parsed.GetValue(expose);
            if (!IPAddress.IsLoopback(endpoint.Address) && !isExposed)
                throw new TwiBackupException(ExitCode.WrongUse, $"{endpoint} can be reached from other machines, and the page asks for no password. Listen on {Default}, or say --expose.");

            await using var job = JobContext.Open(parsed.GetValue(GlobalOptions.Policy), JobRole.Reader, new LineProgress(Console.Error));
            await using var replica = job.OpenReplica();
            using var live = new LiveReport(job.Policy.System, job.Report(replica).ReadAsync, job.Clock, cancellationToken);
            await using var server = await ReportServer.StartAsync(endpoint, isExposed, live, cancellationToken);
            Console.Out.WriteLine($"{job.Policy.System} at {server.Address}, until it is told to stop (Ctrl-C).");
            await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return ExitCode.Done;
        });
    }
}
