namespace TwiBackup.Sealing;

/// <summary>
/// The keys that a role holds. A writer has recipients and its signing key; who restores or verifies has identities too.
/// </summary>
/// <param name="Recipients">Everything is sealed to all of these; at least one to write.</param>
/// <param name="Identities">Empty on a host that only writes.</param>
/// <param name="Signer">Null on a host that writes nothing.</param>
/// <param name="Trusted">Signatures of these keys are accepted.</param>
public sealed record KeyRing(
    IReadOnlyList<AgeRecipient> Recipients,
    IReadOnlyList<AgeIdentity> Identities,
    SigningKey? Signer,
    IReadOnlyList<VerifyKey> Trusted);
