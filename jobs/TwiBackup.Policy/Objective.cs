namespace TwiBackup.Policy;

/// <summary>What may be lost (recovery point) and how long it may take (recovery time). Null: nothing is promised.</summary>
/// <param name="Rpo">The longest time whose changes may be lost.</param>
/// <param name="Rto">The longest time from the failure until it works again.</param>
public sealed record Objective(TimeSpan? Rpo = null, TimeSpan? Rto = null);
