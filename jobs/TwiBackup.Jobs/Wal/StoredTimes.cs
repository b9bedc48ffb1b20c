namespace TwiBackup.Wal;

/// <summary>The store's times of the oldest and the newest of some objects.</summary>
public readonly record struct StoredTimes(DateTimeOffset First, DateTimeOffset Last)
{
    /// <summary>With one more object.</summary>
    public StoredTimes With(DateTimeOffset time) => new(time < First ? time : First, time > Last ? time : Last);
}
