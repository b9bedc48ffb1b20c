namespace TwiBackup.Wal;

/// <summary>How a receiver ended.</summary>
public enum WalReceiverResult
{
    /// <summary>It was told to stop, and all that was received is durable.</summary>
    Stopped,

    /// <summary>It was told to stop; bytes that could not be made durable in time stay with the server, in the slot.</summary>
    StoppedBehind,

    /// <summary>
    /// The slot lost WAL that the store does not hold: take a new full, with <see cref="WalReceiverOptions.RecreateLostSlot"/>.
    /// </summary>
    SlotLost,
}
