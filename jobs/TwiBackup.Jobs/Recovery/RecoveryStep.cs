namespace TwiBackup.Recovery;

/// <summary>The steps of a recovery, in the order in which they are done.</summary>
public enum RecoveryStep
{
    /// <summary>What is in the store, how old it is, and whether the old primary is out of the way.</summary>
    Assess,

    /// <summary>People are told.</summary>
    Notify,

    /// <summary>A place to recover to is made.</summary>
    Provision,

    /// <summary>The code comes back.</summary>
    Repository,

    /// <summary>The configuration comes back.</summary>
    Configuration,

    /// <summary>The database comes back and is opened.</summary>
    Database,

    /// <summary>The application is started.</summary>
    Deploy,

    /// <summary>The system is asked whether it works.</summary>
    Verify,

    /// <summary>Clients are led to it.</summary>
    Route,

    /// <summary>The incident document is completed.</summary>
    Report,
}
