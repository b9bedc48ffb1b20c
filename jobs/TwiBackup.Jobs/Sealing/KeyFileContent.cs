namespace TwiBackup.Sealing;

/// <summary>What may be told of a key file: never a secret.</summary>
/// <param name="Kind"><c>identity</c>, <c>recipient</c>, <c>signing key</c> or <c>public key</c>.</param>
/// <param name="Recipients">Public keys of the identities, or the recipients; empty for keys that sign.</param>
/// <param name="SigningPublic">The public key; null for identities and recipients.</param>
public sealed record KeyFileContent(string Kind, IReadOnlyList<AgeRecipient> Recipients, VerifyKey? SigningPublic);
