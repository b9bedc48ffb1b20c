using System.Diagnostics.CodeAnalysis;

namespace TwiBackup.Policy;

/// <summary>
/// A public key of the policy: itself, or a reference (<c>env:NAME</c>, <c>file:PATH</c>) to a text with one or more,
/// such as a recipients file of age or a <c>.pub</c> file of minisign.
/// </summary>
public sealed record PublicKey
{
    private PublicKey(PublicKeyKind kind, string? text, SecretReference? reference) => (Kind, Text, Reference) = (kind, text, reference);

    public PublicKeyKind Kind { get; }

    /// <summary>The key; null: look at <see cref="Reference"/>.</summary>
    public string? Text { get; }

    /// <summary>Null: look at <see cref="Text"/>.</summary>
    public SecretReference? Reference { get; }

    /// <summary>Reads a key or a reference.</summary>
    /// <param name="folder">Where a relative path starts.</param>
    /// <param name="problem">What is wrong, for the operator; never shows the text, which may be a secret key in the wrong place.</param>
    public static bool TryParse(
        PublicKeyKind kind, string text, string? folder, [NotNullWhen(true)] out PublicKey? key, [NotNullWhen(false)] out string? problem)
    {
        key = null;
        if (SecretReference.TryParse(text, folder, out var reference))
        {
            problem = null;
            key = new PublicKey(kind, null, reference);
            return true;
        }

        problem = PublicKeyForm.Problem(kind, text);
        if (problem is null)
            key = new PublicKey(kind, text, null);
        return key is not null;
    }

    /// <summary>The keys, reference followed: one a line or blank, comment lines left aside.</summary>
    /// <exception cref="TwiBackupException">The reference leads nowhere, or to something that is no such key.</exception>
    public IReadOnlyList<string> Resolve(IReadOnlyDictionary<string, string> environment)
    {
        if (Text is not null)
            return [Text];
        var keys = Reference!.Read(environment, isPublic: true)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith('#') && !line.StartsWith("untrusted comment:", StringComparison.Ordinal))
            .SelectMany(line => line.Split((char[])[' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries))
            .ToArray();
        if (keys.Length == 0)
            throw new TwiBackupException(ExitCode.WrongUse, $"{Reference}: there is no key in it; write one a line");
        foreach (var key in keys)
        {
            if (PublicKeyForm.Problem(Kind, key) is { } problem)
                throw new TwiBackupException(ExitCode.WrongUse, $"{Reference}: {problem}");
        }

        return keys;
    }

    public override string ToString() => Text ?? Reference!.ToString();
}
