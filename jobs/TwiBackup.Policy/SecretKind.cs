namespace TwiBackup.Policy;

/// <summary>Where a referenced text stands.</summary>
public enum SecretKind
{
    /// <summary>In an environment variable: <c>env:NAME</c>.</summary>
    Environment,

    /// <summary>In a file: <c>file:PATH</c>.</summary>
    File,
}
