using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>How a <see cref="WalReceiver"/> works.</summary>
public sealed record WalReceiverOptions
{
    /// <summary>The system's name, first part of every key.</summary>
    public required string System { get; init; }

    /// <summary>The primary, and a role with REPLICATION that may also connect to <see cref="ConnectionSettings.Database"/>.</summary>
    public required ConnectionSettings Connection { get; init; }

    /// <summary>The physical slot; made when it is missing.</summary>
    public required string Slot { get; init; }

    /// <summary>
    /// The walsender's application_name: one of its own, so that <c>synchronous_standby_names</c> does not take the receiver by accident.
    /// </summary>
    public string ApplicationName { get; init; } = "twibackup_wal";

    /// <summary>How long received bytes may wait until they are put as a tail.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The shortest time between two marks of an idle server; null: none are put.</summary>
    public TimeSpan? MarkInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often it is looked whether <c>synchronous_standby_names</c> has come to name the receiver; each look is a connection.</summary>
    public TimeSpan NamesInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a server that shuts down may wait for what is not durable yet.</summary>
    public TimeSpan ShutdownPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long our own end may take to make durable what was received.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Whether a slot that lost its WAL is dropped and made anew. Off: the receiver ends with <see cref="WalReceiverResult.SlotLost"/>.
    /// </summary>
    public bool RecreateLostSlot { get; init; }
}
