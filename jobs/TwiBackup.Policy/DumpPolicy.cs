namespace TwiBackup.Policy;

/// <summary>Logical dumps with roles, for moving between versions, or as the only way (<see cref="DatabaseMode.Dump"/>).</summary>
public sealed record DumpPolicy
{
    public required Schedule Schedule { get; init; }

    public required TimeSpan Keep { get; init; }

    /// <summary>The longest wait for a table that somebody has locked against reading. 1 s to 1 h.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMinutes(1);
}
