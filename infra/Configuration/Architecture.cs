namespace TwiBackup.Infra.Configuration;

/// <summary>Of the database server, and so of everything that restores its files.</summary>
public enum Architecture
{
    /// <summary>amd64.</summary>
    X64,

    /// <summary>aarch64.</summary>
    Arm64,
}
