using System.CommandLine;
using TwiBackup.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Commands;

/// <summary><c>twibackup wal receive | push | fetch | show</c>.</summary>
internal static class WalCommand
{
    /// <summary>
    /// PostgreSQL stops a recovery whose restore_command ends with more than 125, and takes 1 to 125 for "there is no more WAL".
    /// </summary>
    public const int AbortRecovery = 126;

    /// <summary>How long a receiver beside other jobs may take to make its tail durable at its end: all of them have 10 s.</summary>
    private static readonly TimeSpan SupervisedPatience = TimeSpan.FromSeconds(6);

    /// <param name="services">Builds what a command needs from the options that are common to all.</param>
    internal static Command Create(Func<ParseResult, CancellationToken, Task<WalServices>> services) => new("wal", "Receive, archive, fetch and show WAL")
    {
        Receive(services),
        Push(services),
        Fetch(services),
        WalShowCommand.Create(services),
    };

    private static Command Receive(Func<ParseResult, CancellationToken, Task<WalServices>> services)
    {
        var recreate = new Option<bool>("--recreate-lost-slot") { Description = "Drop a slot that lost its WAL and begin anew; a new full is needed" };
        var command = new Command("receive", "Stream WAL from the server's replication slot into the store, until told to stop") { recreate };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var with = await services(parsed, cancellationToken);
            await using var store = with.Store;
            var options = with.Receiver ?? throw new TwiBackupException(ExitCode.WrongUse, "The policy has no continuous WAL. Give it backups.incremental.");
            await using var voice = with.Voice;
            options = options with { RecreateLostSlot = parsed.GetValue(recreate) };
            if (voice is { IsSupervised: true })
                options = options with { StopPatience = SupervisedPatience };
            await using var receiver = new WalReceiver(options, store, with.Keys, voice is null ? with.Alert : voice.Tell, with.Progress, TimeProvider.System);
            var running = receiver.RunAsync(cancellationToken);
            var result = voice is null ? await running : await voice.WhileAsync(running, () => receiver.Status);
            return result != WalReceiverResult.SlotLost
                ? (int)ExitCode.Done
                : throw new TwiBackupException($"Slot {options.Slot} lost WAL that the store does not hold. Start the receiver again with --recreate-lost-slot, and take a full: twibackup backup database");
        });
        return command;
    }

    private static Command Push(Func<ParseResult, CancellationToken, Task<WalServices>> services)
    {
        var file = new Argument<string>("file") { Description = "The file to archive: %p" };
        var command = new Command("push", "Store one WAL file; for archive_command: twibackup wal push %p") { file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var with = await services(parsed, cancellationToken);
            await using var store = with.Store;
            await new WalPush(store, with.Keys, with.System, with.Alert).PushAsync(parsed.GetValue(file)!, cancellationToken);
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Command Fetch(Func<ParseResult, CancellationToken, Task<WalServices>> services)
    {
        // A command line that does not parse would end with 1, which PostgreSQL takes for the archive's end: everything is accepted here,
        // and judged where the exit code is ours.
        var words = new Argument<string[]>("name and destination") { Description = "%f %p", Arity = ArgumentArity.ZeroOrMore };
        var cluster = Lenient("--cluster", "<major>-<system identifier>; default: the data directory's own");
        var timeline = Lenient("--timeline", "recovery_target_timeline as a number; default: the newest");
        var until = Lenient("--until", "An LSN from which on WAL counts as absent");
        var command = new Command("fetch", "Fetch one WAL file; for restore_command: twibackup wal fetch %f %p") { words, cluster, timeline, until };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                if (parsed.GetValue(words) is not { Length: 2 } given || parsed.UnmatchedTokens.Count > 0)
                    throw new TwiBackupException(ExitCode.WrongUse, "Use: twibackup wal fetch %f %p");
                var options = new WalFetchOptions(ReadTimeline(Single(parsed, timeline)), ReadLsn(Single(parsed, until)));
                var with = await services(parsed, cancellationToken);
                await using var store = with.Store;
                var fetch = new WalFetch(store, with.Keys, ReadCluster(with.System, Single(parsed, cluster)), options, with.Progress.Warn);
                return (int)await fetch.FetchAsync(given[0], given[1], cancellationToken);
            }
#pragma warning disable CA1031 // Whatever happened, recovery must not go on as if WAL ended here.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                await Console.Error.WriteLineAsync($"twibackup: {failure.Message}");
                return AbortRecovery;
            }
        });
        return command;
    }

    /// <summary>
    /// What the program must end with when its command line does not parse: for <c>wal fetch</c> more than 125, whatever was wrong, common
    /// options included.
    /// </summary>
    internal static int ExitCodeOfErrors(ParseResult parsed) =>
        parsed.CommandResult.Command.Name == "fetch" ? AbortRecovery : (int)ExitCode.WrongUse;

    private static Option<string[]> Lenient(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrMore, AllowMultipleArgumentsPerToken = false };

    /// <summary>The option's value, null without the option. Throws when it is there without a value or twice.</summary>
    private static string? Single(ParseResult parsed, Option<string[]> option)
    {
        if (parsed.GetResult(option) is not { Implicit: false })
            return null;
        return parsed.GetValue(option) is [var value]
            ? value
            : throw new TwiBackupException(ExitCode.WrongUse, $"Give {option.Name} once, and with a value.");
    }

    internal static WalLayout ReadCluster(string system, string? cluster)
    {
        if (cluster is null)
            return ClusterFolder.Read(system, Directory.GetCurrentDirectory());
        return WalLayout.TryParseCluster(system, cluster, out var layout)
            ? layout!
            : throw new TwiBackupException(ExitCode.WrongUse, $"\"{cluster}\" is no cluster. Write it like 15-7301234567890123456.");
    }

    private static uint? ReadTimeline(string? text) => text is null ? null
        : uint.TryParse(text, out var number) && number > 0 ? number
        : throw new TwiBackupException(ExitCode.WrongUse, $"\"{text}\" is no timeline. Write its number.");

    private static Lsn? ReadLsn(string? text) => text is null ? null
        : Lsn.TryParse(text, out var lsn) ? lsn
        : throw new TwiBackupException(ExitCode.WrongUse, $"\"{text}\" is no LSN. Write it like 16/B374D848.");
}
