namespace TwiBackup.Policy;

/// <summary>The code repository, with its whole history.</summary>
public sealed record RepositoryPolicy
{
    public required Schedule Schedule { get; init; }

    public required TimeSpan Keep { get; init; }

    /// <summary>What git can clone: a URL without a password, or a folder.</summary>
    public required string Source { get; init; }

    /// <summary>An access token for an https URL.</summary>
    public SecretReference? TokenSecret { get; init; }
}
