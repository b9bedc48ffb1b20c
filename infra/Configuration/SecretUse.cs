namespace TwiBackup.Infra.Configuration;

/// <summary>What a variable that a policy refers to holds; decides which jobs get it.</summary>
public enum SecretUse
{
    /// <summary>How the database is reached.</summary>
    Database,

    /// <summary>age recipients: what everything is sealed to.</summary>
    Recipients,

    /// <summary>minisign public keys of writers or verifiers.</summary>
    Trusted,

    /// <summary>The writer's signing key.</summary>
    SigningKey,

    /// <summary>The age identity, which opens everything.</summary>
    Identity,

    /// <summary>The verifier's signing key.</summary>
    VerifierKey,

    /// <summary>The token for the code repository.</summary>
    Repository,

    /// <summary>Where failures are told.</summary>
    Alerts,
}
