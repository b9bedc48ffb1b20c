namespace TwiBackup.Verification;

/// <summary>How the verification of one set among all ended.</summary>
public enum KindOutcome
{
    /// <summary>Restored, and every check passed.</summary>
    Proven,

    /// <summary>Nothing wrong was found, but nothing was restored either.</summary>
    NotProven,

    /// <summary>There is none, and there need be none.</summary>
    Nothing,

    /// <summary>It could not be looked at, or there is none where one must be. Never a pass.</summary>
    NotVerified,

    /// <summary>A check failed.</summary>
    Failed,
}
