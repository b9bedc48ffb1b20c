namespace TwiBackup.Infra;

/// <summary>As whom a job touches the store. What each may do stands in <see cref="Roles.RolePolicies"/>.</summary>
public enum JobRole
{
    /// <summary>Puts what it sealed; can neither delete, tag nor read it back.</summary>
    Writer,

    /// <summary>Says what may expire, by tags; reads manifests and verification records, writes no object.</summary>
    Retention,

    /// <summary>Reads everything, holds the identity, and records what it proved.</summary>
    Verifier,

    /// <summary>Reads everything, holds the identity, and goes on as the writer of a new timeline.</summary>
    Restorer,
}
