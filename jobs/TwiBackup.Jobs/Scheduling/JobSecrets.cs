namespace TwiBackup.Scheduling;

/// <summary>Which secrets of the policy a job needs; it gets no others.</summary>
[Flags]
public enum JobSecrets
{
    None = 0,

    /// <summary>The connection and its password.</summary>
    Database = 1,

    /// <summary>The writer's signing key.</summary>
    Writer = 2,

    /// <summary>The identity, and the verifier's signing key.</summary>
    Verifier = 4,

    /// <summary>The repository's access token.</summary>
    Repository = 8,

    /// <summary>The verifier's signing key alone: what it signs was looked at without opening anything.</summary>
    Records = 16,

    /// <summary>The alerts' webhook, to ask whether it still exists.</summary>
    Webhook = 32,
}
