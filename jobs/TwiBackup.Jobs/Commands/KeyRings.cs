using TwiBackup.Policy;
using TwiBackup.Sealing;

namespace TwiBackup.Commands;

/// <summary>Reads the keys that a role holds. Throws a wrong use that names the policy's key when one is missing.</summary>
internal static class KeyRings
{
    public static KeyRing Load(KeysPolicy keys, JobRole role, IReadOnlyDictionary<string, string> environment)
    {
        var opens = role is JobRole.Verifier or JobRole.Restorer;
        var signer = role switch
        {
            JobRole.Writer or JobRole.Restorer => keys.SigningKey,
            JobRole.Verifier => keys.VerifierKey,
            JobRole.Observer => keys.VerifierKey?.LeadsSomewhere(environment) == true ? keys.VerifierKey : null,
            _ => null,
        };
        // Who only reads or only verifies seals nothing.
        var seals = role is JobRole.Writer or JobRole.Restorer;
        return new KeyRing(
            seals ? [.. keys.ResolveRecipients(environment).Select(AgeRecipient.Parse)] : [],
            opens && keys.Identity is { } identity ? AgeIdentity.ReadAll(identity.Resolve(environment), identity.ToString()) : [],
            signer is null ? null : SigningKey.Parse(signer.Resolve(environment), signer.ToString()),
            [.. keys.ResolveTrusted(environment).Select(VerifyKey.Parse)]);
    }
}
