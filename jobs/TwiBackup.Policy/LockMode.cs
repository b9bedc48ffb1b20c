namespace TwiBackup.Policy;

/// <summary>S3's two modes of object lock.</summary>
public enum LockMode
{
    /// <summary>Can be lifted by a permission that no role here has.</summary>
    Governance,

    /// <summary>Can be lifted by nobody before its time.</summary>
    Compliance,
}
