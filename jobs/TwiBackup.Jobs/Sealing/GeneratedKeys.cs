namespace TwiBackup.Sealing;

/// <summary>The public halves of new keys, and where the files lie.</summary>
/// <param name="Recipient">For the policy: everything is sealed to it.</param>
/// <param name="SigningPublic">For the policy: its signatures are trusted.</param>
/// <param name="IdentityFile">Opens every backup: to be kept away from the host that writes them.</param>
/// <param name="SigningFile">For the host that writes backups.</param>
/// <param name="SigningPublicFile">The same as <paramref name="SigningPublic"/>, for minisign.</param>
public sealed record GeneratedKeys(
    AgeRecipient Recipient,
    VerifyKey SigningPublic,
    string IdentityFile,
    string SigningFile,
    string SigningPublicFile);
