using TwiBackup.Sealing;

namespace TwiBackup.Rehearsal.Local;

/// <summary>
/// The keys of a rehearsed system, as a policy demands them: the writer's signing key, the verifier's, and the identities of two people to
/// which everything is sealed. The identities lie where the host is not; what reads them, reads the files anew each time.
/// </summary>
internal sealed class LocalKeys
{
    private LocalKeys(GeneratedKeys operators, GeneratedKeys spare, SigningKey signer, SigningKey verifier)
    {
        Recipients = [operators.Recipient, spare.Recipient];
        IdentityFile = operators.IdentityFile;
        SpareIdentityFile = spare.IdentityFile;
        SigningFile = operators.SigningFile;
        (Signer, Verifier) = (signer, verifier);
    }

    /// <summary>Everything is sealed to both.</summary>
    public IReadOnlyList<AgeRecipient> Recipients { get; }

    /// <summary>The identity that is used unless it is lost.</summary>
    public string IdentityFile { get; }

    /// <summary>The second person's.</summary>
    public string SpareIdentityFile { get; }

    public string SigningFile { get; }

    public SigningKey Signer { get; }

    /// <summary>Signs what a rehearsal found.</summary>
    public SigningKey Verifier { get; }

    /// <summary>What the host holds: it can open nothing.</summary>
    public KeyRing Writer => new(Recipients, [], Signer, [Signer.Public]);

    /// <summary>Makes them in a new folder.</summary>
    public static async Task<LocalKeys> MakeAsync(string folder, CancellationToken cancellationToken)
    {
        var operators = await KeyFiles.GenerateAsync(Path.Combine(folder, "operator"), TimeProvider.System, cancellationToken);
        var spare = await KeyFiles.GenerateAsync(Path.Combine(folder, "elsewhere"), TimeProvider.System, cancellationToken);
        return new LocalKeys(
            operators, spare,
            await KeyFiles.ReadSigningKeyAsync(operators.SigningFile, cancellationToken),
            await KeyFiles.ReadSigningKeyAsync(spare.SigningFile, cancellationToken));
    }

    /// <summary>What whoever recovers holds: the identity of a file, read now.</summary>
    public async Task<KeyRing> RestorerAsync(string identityFile, CancellationToken cancellationToken) =>
        Writer with { Identities = await KeyFiles.ReadIdentitiesAsync(identityFile, cancellationToken) };
}
