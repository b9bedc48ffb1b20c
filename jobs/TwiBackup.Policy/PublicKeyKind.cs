namespace TwiBackup.Policy;

/// <summary>What a public key is for.</summary>
public enum PublicKeyKind
{
    /// <summary>An age X25519 recipient, <c>age1…</c>.</summary>
    AgeRecipient,

    /// <summary>A minisign Ed25519 public key, <c>RW…</c>.</summary>
    Minisign,
}
