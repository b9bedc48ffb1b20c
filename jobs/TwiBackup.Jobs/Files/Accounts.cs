using System.Globalization;

namespace TwiBackup.Files;

/// <summary>Names of users and groups on this machine, as <c>/etc/passwd</c> and <c>/etc/group</c> have them.</summary>
internal sealed class Accounts
{
    private readonly Dictionary<string, uint> userIds, groupIds;
    private readonly Dictionary<uint, string> users, groups;

    private Accounts(Dictionary<string, uint> userIds, Dictionary<string, uint> groupIds)
    {
        (this.userIds, this.groupIds) = (userIds, groupIds);
        users = userIds.GroupBy(p => p.Value).ToDictionary(g => g.Key, g => g.First().Key);
        groups = groupIds.GroupBy(p => p.Value).ToDictionary(g => g.Key, g => g.First().Key);
    }

    public static Accounts Load() => new(Read("/etc/passwd"), Read("/etc/group"));

    public string? User(uint id) => users.GetValueOrDefault(id);

    public string? Group(uint id) => groups.GetValueOrDefault(id);

    /// <summary>
    /// Whose an entry is here: by name where this machine has the name, as numbers differ between machines; else by number.
    /// </summary>
    public (uint User, uint Group) Resolve(FileEntry entry) =>
        (entry.User is { } user && userIds.TryGetValue(user, out var uid) ? uid : entry.UserId,
         entry.Group is { } group && groupIds.TryGetValue(group, out var gid) ? gid : entry.GroupId);

    /// <summary>Reads <c>NAME</c>, <c>NAME:GROUP</c> or numbers; the group is the user's own number when it is not given.</summary>
    public (uint User, uint Group) Parse(string owner)
    {
        var parts = owner.Split(':', 2);
        var user = Find(userIds, parts[0]);
        var group = parts.Length == 2 ? Find(groupIds, parts[1]) : user;
        return user is { } u && group is { } g
            ? (u, g)
            : throw new TwiBackupException(
                ExitCode.WrongUse, $"There is no account \"{owner}\" on this machine. Create it, or give numbers like 1000:1000.");
    }

    private static uint? Find(Dictionary<string, uint> ids, string text) =>
        ids.TryGetValue(text, out var id) || uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) ? id : null;

    private static Dictionary<string, uint> Read(string path)
    {
        var ids = new Dictionary<string, uint>(StringComparer.Ordinal);
        if (!File.Exists(path))
            return ids;
        foreach (var line in File.ReadLines(path))
        {
            var fields = line.Split(':');
            if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                ids.TryAdd(fields[0], id);
        }

        return ids;
    }
}
