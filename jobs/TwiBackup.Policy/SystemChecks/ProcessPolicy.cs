namespace TwiBackup.Policy.SystemChecks;

/// <summary>The application's process.</summary>
public sealed record ProcessPolicy
{
    /// <summary>How long it must have run when the policy does not say.</summary>
    public static readonly TimeSpan DefaultUpFor = TimeSpan.FromMinutes(1);

    /// <summary>A text that stands in its command line, arguments separated by blanks.</summary>
    public required string Command { get; init; }

    /// <summary>How long it must have run: what restarts again and again is never so old.</summary>
    public TimeSpan UpFor { get; init; } = DefaultUpFor;
}
