using Microsoft.Extensions.Configuration;
using TwiBackup.Sealing;

namespace TwiBackup.AppHost;

/// <summary>
/// Passwords, keys and credentials as parameters, each named after the variable that it becomes. On a developer's machine they are made
/// once and kept in the user secrets of this project; published, they are names in .env for a person to fill.
/// </summary>
internal sealed record Secrets(IReadOnlyList<IResourceBuilder<ParameterResource>> Parameters)
{
    public const string PostgresPassword = "POSTGRES_PASSWORD";
    public const string DatabasePassword = "TWIBACKUP_DB_PASSWORD";
    public const string BotPassword = "TWIBACKUP_BOT_PASSWORD";
    public const string AccessKey = "AWS_ACCESS_KEY_ID";
    public const string SecretKey = "AWS_SECRET_ACCESS_KEY";
    public const string Identity = "TWIBACKUP_IDENTITY";
    public const string Recipients = "TWIBACKUP_RECIPIENTS";
    public const string SigningKey = "TWIBACKUP_SIGNING_KEY";
    public const string Trusted = "TWIBACKUP_TRUSTED";
    public const string VerifierKey = "TWIBACKUP_VERIFIER_KEY";
    public const string TrustedVerifiers = "TWIBACKUP_TRUSTED_VERIFIERS";
    public const string Discord = "DISCORD_WEBHOOK_URL";
    public const string Ping = "TWIBACKUP_PING_URL";

    /// <summary>The parameter behind a variable.</summary>
    public IResourceBuilder<ParameterResource> this[string variable] => Parameters.Single(parameter => VariableOf(parameter) == variable);

    /// <summary>The variables.</summary>
    public IEnumerable<string> Variables => Parameters.Select(VariableOf);

    public static Secrets AddTo(IDistributedApplicationBuilder builder)
    {
        var identity = new KeptValue(builder, Identity, () => AgeIdentity.Generate().RevealText());
        var signing = new KeptValue(builder, SigningKey, () => Sealing.SigningKey.Generate().RevealFileText());
        var verifier = new KeptValue(builder, VerifierKey, () => Sealing.SigningKey.Generate().RevealFileText());
        List<IResourceBuilder<ParameterResource>> all =
        [
            Password(PostgresPassword), Password(DatabasePassword), Password(BotPassword),
            Password(AccessKey, length: 20), Password(SecretKey, length: 40),
            Kept(identity), Kept(signing), Kept(verifier),
            Public(Recipients, () => AgeIdentity.ReadAll(identity.Value, Identity)[0].Recipient),
            Public(Trusted, () => Sealing.SigningKey.Parse(signing.Value, SigningKey).Public),
            Public(TrustedVerifiers, () => Sealing.SigningKey.Parse(verifier.Value, VerifierKey).Public),
        ];
        // On a developer's machine nobody is to be woken.
        if (builder.ExecutionContext.IsPublishMode)
            all.AddRange([builder.AddParameter(NameOf(Discord), secret: true), builder.AddParameter(NameOf(Ping), secret: true)]);
        return new Secrets(all);

        IResourceBuilder<ParameterResource> Password(string variable, int length = 24) => builder.ExecutionContext.IsRunMode
            ? builder.AddParameter(NameOf(variable), new GenerateParameterDefault { MinLength = length, Special = false }, secret: true, persist: true)
            : builder.AddParameter(NameOf(variable), secret: true);

        IResourceBuilder<ParameterResource> Kept(KeptValue value) => builder.ExecutionContext.IsRunMode
            ? builder.AddParameter(NameOf(value.Variable), value, secret: true, persist: true)
            : builder.AddParameter(NameOf(value.Variable), secret: true);

        IResourceBuilder<ParameterResource> Public(string variable, Func<object> derive) => builder.ExecutionContext.IsRunMode
            ? builder.AddParameter(NameOf(variable), () => builder.Configuration[$"Parameters:{NameOf(variable)}"] ?? derive().ToString()!)
            : builder.AddParameter(NameOf(variable));
    }

    /// <summary>A parameter's name, which compose turns into the variable again.</summary>
    public static string NameOf(string variable) => variable.ToLowerInvariant().Replace('_', '-');

    private static string VariableOf(IResourceBuilder<ParameterResource> parameter) => parameter.Resource.Name.ToUpperInvariant().Replace('-', '_');
}
