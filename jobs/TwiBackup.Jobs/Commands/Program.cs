using System.CommandLine;
using TwiBackup.Catalog;

namespace TwiBackup.Commands;

internal static class Program
{
    /// <summary>How long a job may take to end cleanly after SIGTERM or Ctrl-C (a WAL tail is stored first).</summary>
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(15);

    private static async Task<int> Main(string[] args)
    {
        var root = CreateRoot();
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync($"{Fault(parsed)} See: {parsed.CommandResult.Path()} --help");
            return WalCommand.ExitCodeOfErrors(parsed);
        }

        return await CommandRunner.RunAsync(
            parsed, new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TerminationTimeout });
    }

    internal static RootCommand CreateRoot()
    {
        var root = new RootCommand("Backs up a PostgreSQL-backed service, recovers it, and proves that it can be recovered.")
        {
            BackupCommand.Create(),
            RestoreCommand.Create(),
            RecoverCommand.Create(),
            WalCommand.Create(WalServices.OpenAsync),
            VerifyCommand.Create(),
            ListCommand.Create(),
            PruneCommand.Create(),
            StatusCommand.Create(),
            ReportCommand.Create(),
            ServeCommand.Create(),
            ScheduleCommand.Create(),
            StoreCommand.Create(),
            PolicyCommand.Create(TimeProvider.System, ProcessEnvironment.Read(), GlobalOptions.Policy),
            KeyCommand.Create(TimeProvider.System),
            RehearseCommand.Create(),
            BotCommand.Create(),
        };
        GlobalOptions.AddTo(root);
        return root;
    }

    /// <summary>What is wrong with a command line, in one line.</summary>
    private static string Fault(ParseResult parsed) => parsed.UnmatchedTokens is [var token, ..]
        ? $"\"{token}\" is not a command or option of {parsed.CommandResult.Path()}."
        : string.Join(' ', parsed.Errors[0].Message.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The command as it is typed, for the hint behind an error.</summary>
    private static string Path(this System.CommandLine.Parsing.CommandResult result)
    {
        var words = new Stack<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = result; at is not null; at = at.Parent)
        {
            if (at is System.CommandLine.Parsing.CommandResult command)
                words.Push(command.Command is RootCommand ? "twibackup" : command.Command.Name);
        }

        return string.Join(' ', words);
    }
}
