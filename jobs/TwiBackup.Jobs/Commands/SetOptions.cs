using System.CommandLine;

namespace TwiBackup.Commands;

/// <summary>The options that choose a set: <c>--id</c> or <c>--at</c>; without them the newest.</summary>
internal sealed class SetOptions
{
    private readonly Option<string?> id = new("--id") { Description = "This set instead of the newest", HelpName = "SET" };
    private readonly Option<string?> at = new("--at")
    {
        Description = "The newest set completed up to this instant, with an offset: 2026-11-23T02:00:00Z",
        HelpName = "TIME",
    };


    public void AddTo(Command command)
    {
        command.Options.Add(id);
        command.Options.Add(at);
    }

    /// <summary>What was chosen; throws wrong use when it is both.</summary>
    public (string? Id, DateTimeOffset? At) Read(ParseResult parsed)
    {
        var (set, time) = (parsed.GetValue(id), parsed.GetValue(at));
        if (set is not null && time is not null)
            throw new TwiBackupException(ExitCode.WrongUse, "--id and --at can't both choose the set. Give one.");
        return (set, time is null ? null : TargetOptions.ReadTime("--at", time));
    }
}
