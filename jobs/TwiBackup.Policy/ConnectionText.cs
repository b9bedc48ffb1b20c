namespace TwiBackup.Policy;

/// <summary>
/// How the database is reached: a libpq URI or keywords that hold no password, or a reference to a text that may hold one
/// (<see href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING">connection strings</see>).
/// </summary>
public sealed record ConnectionText
{
    private readonly string? _text;

    /// <summary>A text without a password.</summary>
    public ConnectionText(string text) => _text = text;

    /// <summary>A text that stands elsewhere.</summary>
    public ConnectionText(SecretReference reference) => Reference = reference;

    /// <summary>Null: the text stands in the policy.</summary>
    public SecretReference? Reference { get; }

    /// <summary>The text itself, reference followed; may hold a password.</summary>
    /// <exception cref="TwiBackupException">The reference leads nowhere.</exception>
    public string Resolve(IReadOnlyDictionary<string, string> environment) => _text ?? Reference!.Resolve(environment);

    /// <summary>The text without a password, or the reference.</summary>
    public override string ToString() => _text ?? Reference!.ToString();
}
