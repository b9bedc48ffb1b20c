using System.Globalization;
using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>
/// Where recovery is to stop (<see href="https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET">recovery target</see>).
/// At most one of the members but <see cref="Timeline"/> is set; none: the newest point there is.
/// </summary>
public sealed record RecoveryTarget
{
    /// <summary>The newest point of the newest timeline.</summary>
    public static readonly RecoveryTarget Latest = new();

    /// <summary>Everything committed up to and including this instant.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Everything up to and including the record at this LSN.</summary>
    public Lsn? Lsn { get; init; }

    /// <summary>The restore point of this name.</summary>
    public string? Name { get; init; }

    /// <summary>Everything up to and including this transaction.</summary>
    public ulong? Xid { get; init; }

    /// <summary>Everything before this transaction, and not it.</summary>
    public ulong? BeforeXid { get; init; }

    /// <summary>The end of the base backup itself: the earliest point at which the set is consistent.</summary>
    public bool Immediate { get; init; }

    /// <summary>The timeline to follow; null: the newest one, or the only one that has the target.</summary>
    public uint? Timeline { get; init; }

    /// <summary>Whether all there is shall be replayed.</summary>
    public bool IsLatest => Time is null && Lsn is null && Name is null && Xid is null && BeforeXid is null && !Immediate;

    /// <summary>The settings that make PostgreSQL stop there; the timeline is not among them.</summary>
    public IReadOnlyDictionary<string, string> Settings() => this switch
    {
        { Time: { } time } => Setting("recovery_target_time", time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", CultureInfo.InvariantCulture)),
        { Lsn: { } lsn } => Setting("recovery_target_lsn", lsn.ToString()),
        { Name: { } name } => Setting("recovery_target_name", name),
        { Xid: { } xid } => Setting("recovery_target_xid", ((uint)xid).ToString(CultureInfo.InvariantCulture)),
        { BeforeXid: { } xid } => new Dictionary<string, string>(Setting("recovery_target_xid", ((uint)xid).ToString(CultureInfo.InvariantCulture)))
        {
            ["recovery_target_inclusive"] = "off",
        },
        { Immediate: true } => Setting("recovery_target", "immediate"),
        _ => new Dictionary<string, string>(),
    };

    public override string ToString() => this switch
    {
        { Time: { } time } => $"time {time.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}Z",
        { Lsn: { } lsn } => $"LSN {lsn}",
        { Name: { } name } => $"restore point {name}",
        { Xid: { } xid } => $"transaction {xid}",
        { BeforeXid: { } xid } => $"before transaction {xid}",
        { Immediate: true } => "the end of the base backup",
        _ => "the newest point",
    };

    private static Dictionary<string, string> Setting(string name, string value) => new() { [name] = value };
}
