namespace TwiBackup.Policy;

/// <summary>Who can open what is sealed, and whose signatures are believed.</summary>
public sealed record KeysPolicy
{
    /// <summary>age recipients (<c>age1…</c>): everything is sealed to all of them.</summary>
    public required IReadOnlyList<PublicKey> Recipients { get; init; }

    /// <summary>An age identity file's text. Only whoever restores or verifies needs it.</summary>
    public SecretReference? Identity { get; init; }

    /// <summary>The writer's minisign secret key.</summary>
    public SecretReference? SigningKey { get; init; }

    /// <summary>minisign public keys (<c>RW…</c>) of writers.</summary>
    public IReadOnlyList<PublicKey> Trusted { get; init; } = [];

    /// <summary>The verifier's own minisign secret key.</summary>
    public SecretReference? VerifierKey { get; init; }

    /// <summary>minisign public keys (<c>RW…</c>) of verifiers.</summary>
    public IReadOnlyList<PublicKey> TrustedVerifiers { get; init; } = [];

    /// <summary>The <c>age1…</c> recipients themselves, references followed.</summary>
    /// <exception cref="TwiBackupException">A reference leads nowhere, or to something that is no recipient.</exception>
    public IReadOnlyList<string> ResolveRecipients(IReadOnlyDictionary<string, string> environment) =>
        ResolveAll(Recipients, environment);

    /// <summary>The <c>RW…</c> keys of writers, references followed.</summary>
    /// <exception cref="TwiBackupException">A reference leads nowhere, or to something that is no minisign public key.</exception>
    public IReadOnlyList<string> ResolveTrusted(IReadOnlyDictionary<string, string> environment) =>
        ResolveAll(Trusted, environment);

    /// <summary>The <c>RW…</c> keys of verifiers, references followed.</summary>
    /// <exception cref="TwiBackupException">A reference leads nowhere, or to something that is no minisign public key.</exception>
    public IReadOnlyList<string> ResolveTrustedVerifiers(IReadOnlyDictionary<string, string> environment) =>
        ResolveAll(TrustedVerifiers, environment);

    private static string[] ResolveAll(IReadOnlyList<PublicKey> keys, IReadOnlyDictionary<string, string> environment) =>
        [.. keys.SelectMany(key => key.Resolve(environment)).Distinct(StringComparer.Ordinal)];
}
