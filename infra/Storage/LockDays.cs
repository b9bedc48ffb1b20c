using TwiBackup.Infra.Configuration;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Storage;

/// <summary>For how long object lock holds.</summary>
public static class LockDays
{
    /// <summary>
    /// The bucket's default: the policy's days. Where the policy leaves them to each object's kind, the longest time that a database
    /// backup is
    /// kept; writers then ask for their kind's own time with every object.
    /// </summary>
    public static int Default(IReadOnlyList<ProtectedSystem> systems) =>
        systems[0].Policy.Stores.Lock!.Days
        ?? Kinds(systems).Where(kind => kind.Folder.StartsWith("database/", StringComparison.Ordinal)).Select(Days).DefaultIfEmpty(1).Max();

    /// <summary>Whether writers set the lock of each object.</summary>
    public static bool IsPerObject(ProtectedSystem system) => system.Policy.Stores.Lock!.Days is null;

    /// <summary>The shortest and the longest lock that an object may be given.</summary>
    public static (int Least, int Most) Bounds(IReadOnlyList<ProtectedSystem> systems)
    {
        var days = Kinds(systems).Select(Days).ToList();

        // S3 counts what remains at the request, so a lock of seven days has six whole days left.
        return (Math.Max(1, days.Min() - 1), Math.Max(days.Max(), Default(systems)) + RetentionTag.DataGraceDays + 1);
    }

    private static IEnumerable<StoreKind> Kinds(IReadOnlyList<ProtectedSystem> systems) =>
        systems.SelectMany(system => StoreKind.Of(system.Policy));

    private static int Days(StoreKind kind) => (int)Math.Ceiling(kind.Keep.TotalDays);
}
