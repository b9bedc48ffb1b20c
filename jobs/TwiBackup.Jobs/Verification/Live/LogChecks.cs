using System.Globalization;
using System.Text;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Policy.SystemChecks;

namespace TwiBackup.Verification.Live;

/// <summary>Whether the application's log says nothing that it must not, and can be written. Shows where, never what a line holds.</summary>
internal sealed class LogChecks(LogProbePolicy policy, TimeProvider clock)
{
    private const int Enter = 1, Write = 2;

    public IEnumerable<SystemCheck> All()
    {
        yield return policy.Never.Count == 0
            ? SystemCheck.NotConfigured("logs/quiet", "verification.system.logs.never")
            : new("logs/quiet", SearchAsync);
        yield return policy.WritableBy is { } account
            ? new("logs/writable", _ => Task.FromResult(CheckFolders(account)))
            : SystemCheck.NotConfigured("logs/writable", "verification.system.logs.writableBy");
    }

    private async Task<Answer> SearchAsync(CancellationToken cancellationToken)
    {
        var files = policy.Paths.SelectMany(PathPattern.Expand).Distinct(StringComparer.Ordinal).Where(File.Exists).ToList();
        if (files.Count == 0)
            return Answer.Bad($"there is no log: {string.Join(", ", policy.Paths)}");
        var since = clock.GetUtcNow().UtcDateTime - policy.Within;
        var found = policy.Never.ToDictionary(text => text, _ => (Count: 0, First: ""), StringComparer.Ordinal);
        foreach (var file in files.Where(file => File.GetLastWriteTimeUtc(file) >= since))
            await SearchAsync(file, since, found, cancellationToken);
        var bad = found.Where(pair => pair.Value.Count > 0)
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $"\"{pair.Key}\" in {pair.Value.Count} lines, first {pair.Value.First}"))
            .ToList();
        return Answer.Of(bad.Count == 0, $"none of {policy.Never.Count} texts in {files.Count} files since {since:u}", string.Join("; ", bad));
    }

    private static async Task SearchAsync(
        string file, DateTime since, Dictionary<string, (int Count, string First)> found, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(
            new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8);
        // Until a line says its time, nobody knows that it is old.
        var isOld = false;
        for (var number = 1; await reader.ReadLineAsync(cancellationToken) is { } line; number++)
        {
            if (TimeOf(line) is { } time)
                isOld = time < since;
            if (isOld)
                continue;
            foreach (var text in found.Keys.Where(text => line.Contains(text, StringComparison.Ordinal)).ToList())
            {
                var (count, first) = found[text];
                found[text] = (count + 1, count == 0 ? string.Create(CultureInfo.InvariantCulture, $"{file}:{number}") : first);
            }
        }
    }

    /// <summary>The time that a line begins with, <c>[2026-11-23 02:00:00]</c> or without brackets or with a T; null: none.</summary>
    internal static DateTime? TimeOf(string line)
    {
        const int length = 19;
        var start = line.StartsWith('[') ? 1 : 0;
        if (line.Length < start + length)
            return null;
        var text = line.AsSpan(start, length);
        return DateTime.TryParseExact(
            text, text[10] == 'T' ? "yyyy-MM-dd'T'HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : null;
    }

    private Answer CheckFolders(string account)
    {
        var (user, group) = Accounts.Load().Parse(account);
        foreach (var folder in policy.Paths.Select(PathPattern.FixedFolder).Distinct(StringComparer.Ordinal))
        {
            if (FileCalls.FactsThrough(folder) is not { Kind: FileEntryKind.Folder } facts)
                return Answer.Bad($"{folder} is no folder");
            if (!May(facts, user, group, Write | Enter))
                return Answer.Bad($"{account} can't write into {folder} (owner {facts.UserId}:{facts.GroupId}, mode {Convert.ToString(facts.Mode, 8).PadLeft(4, '0')})");
            for (var above = Path.GetDirectoryName(folder); above is not null; above = Path.GetDirectoryName(above))
            {
                if (FileCalls.FactsThrough(above) is { } outer && !May(outer, user, group, Enter))
                    return Answer.Bad($"{account} can't reach {folder}: it may not enter {above}");
            }
        }

        return Answer.Good($"by {account}");
    }

    // As the kernel decides, but for groups beside the account's own, which its file of groups would have to tell.
    private static bool May(FileFacts facts, uint user, uint group, int what)
    {
        if (user == 0)
            return true;
        var bits = user == facts.UserId ? facts.Mode >> 6 : group == facts.GroupId ? facts.Mode >> 3 : facts.Mode;
        return (bits & what) == what;
    }
}
