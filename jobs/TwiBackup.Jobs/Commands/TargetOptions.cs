using System.CommandLine;
using System.Globalization;
using TwiBackup.Database;
using TwiBackup.Postgres;

namespace TwiBackup.Commands;

/// <summary>The options that say where recovery stops. At most one of them but <c>--timeline</c>.</summary>
internal sealed class TargetOptions
{
    private readonly Option<string?> at = new("--at") { Description = "Everything committed up to and including this instant, with an offset: 2026-11-23T02:00:00Z", HelpName = "TIME" };
    private readonly Option<string?> lsn = new("--lsn") { Description = "Everything up to and including this LSN", HelpName = "X/Y" };
    private readonly Option<string?> name = new("--name") { Description = "A named restore point", HelpName = "NAME" };
    private readonly Option<ulong?> xid = new("--xid") { Description = "Everything up to and including this transaction", HelpName = "N" };
    private readonly Option<ulong?> beforeXid = new("--before-xid") { Description = "Everything before this transaction, and not it", HelpName = "N" };
    private readonly Option<bool> immediate = new("--immediate") { Description = "Only as far as the backup needs to be consistent" };
    private readonly Option<uint?> timeline = new("--timeline") { Description = "The timeline to follow (default: the newest)", HelpName = "N" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[at, lsn, name, xid, beforeXid, immediate, timeline])
            command.Options.Add(option);
    }

    /// <summary>The target; throws wrong use when there is more than one, or one can't be read.</summary>
    public RecoveryTarget Read(ParseResult parsed)
    {
        var given = new (Option Option, bool IsSet)[]
        {
            (at, parsed.GetValue(at) is not null), (lsn, parsed.GetValue(lsn) is not null), (name, parsed.GetValue(name) is not null),
            (xid, parsed.GetValue(xid) is not null), (beforeXid, parsed.GetValue(beforeXid) is not null), (immediate, parsed.GetValue(immediate)),
        };
        var chosen = given.Where(g => g.IsSet).Select(g => g.Option.Name).ToList();
        if (chosen.Count > 1)
            throw new TwiBackupException(ExitCode.WrongUse, $"{chosen[0]} and {chosen[1]} can't both be the target. Give one.");
        return new RecoveryTarget
        {
            Time = parsed.GetValue(at) is { } time ? ReadTime("--at", time) : null,
            Lsn = parsed.GetValue(lsn) is { } position ? ReadLsn(position) : null,
            Name = parsed.GetValue(name),
            Xid = parsed.GetValue(xid),
            BeforeXid = parsed.GetValue(beforeXid),
            Immediate = parsed.GetValue(immediate),
            Timeline = parsed.GetValue(timeline),
        };
    }

    /// <summary>A time without an offset means another instant to everybody: refused.</summary>
    internal static DateTimeOffset ReadTime(string option, string text)
    {
        var trimmed = text.Trim();
        var hasOffset = trimmed.EndsWith('Z') || trimmed.EndsWith('z') || (trimmed.Length > 6 && trimmed[^3] == ':' && trimmed[^6] is '+' or '-');
        if (!DateTimeOffset.TryParse(trimmed, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            throw new TwiBackupException(ExitCode.WrongUse, $"{option} \"{text}\" is not a time. Write it like 2026-11-23T02:00:00Z or 2026-11-23T03:00:00+01:00.");
        if (!hasOffset)
            throw new TwiBackupException(ExitCode.WrongUse, $"{option} \"{text}\" has no offset, so nobody knows which instant it means. Add Z for UTC, or an offset like +01:00.");
        return time.ToUniversalTime();
    }

    private static Lsn ReadLsn(string text) => Lsn.TryParse(text, out var parsed)
        ? parsed
        : throw new TwiBackupException(ExitCode.WrongUse, $"--lsn \"{text}\" is not an LSN. Write it like 16/B374D848.");
}
