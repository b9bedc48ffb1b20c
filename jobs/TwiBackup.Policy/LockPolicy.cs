namespace TwiBackup.Policy;

/// <summary>Object lock: for how long not even the owner of an object can delete it.</summary>
public sealed record LockPolicy
{
    public LockMode Mode { get; init; }

    /// <summary>Whole days, from 1. Null: every object for as long as its kind is kept.</summary>
    public int? Days { get; init; }
}
