namespace TwiBackup.Commands;

/// <summary>Which keys a command needs; it gets no others (the roles of the policy's keys section).</summary>
internal enum JobRole
{
    /// <summary>Public keys only.</summary>
    Reader,

    /// <summary>Seals and signs; can open nothing.</summary>
    Writer,

    /// <summary>
    /// Looks at the running system on its own host and opens nothing; signs its records with the verifier's key where that is there.
    /// </summary>
    Observer,

    /// <summary>Opens with the identity, and signs its records with the verifier's key.</summary>
    Verifier,

    /// <summary>Opens with the identity, and writes as a writer of a new timeline.</summary>
    Restorer,
}
