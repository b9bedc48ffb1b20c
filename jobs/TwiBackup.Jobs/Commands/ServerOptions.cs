using TwiBackup.Policy;
using TwiBackup.Postgres;

namespace TwiBackup.Commands;

/// <summary>A server named on the command line, where every account of the machine can read it: never with its password.</summary>
internal static class ServerOptions
{
    /// <summary>The server that <paramref name="to"/> describes; null: the policy's.</summary>
    /// <param name="to">A connection without a password, or a reference to one.</param>
    /// <param name="password">A reference, or null.</param>
    /// <param name="job">Whose environment and policy are used.</param>
    public static ConnectionSettings Read(string? to, string? password, JobContext job)
    {
        if (to is null)
            return password is null ? job.Connection() : throw new TwiBackupException(ExitCode.WrongUse, "--password belongs to --to; the policy's connection has its own. Give both or none.");
        var settings = SecretReference.TryParse(to, null, out var reference)
            ? ConnectionSettings.Parse(reference.Resolve(job.Environment), job.Environment)
            : RequireNoPassword(ConnectionSettings.Parse(to, Without(job.Environment, "PGPASSWORD")), job);
        if (password is null)
            return settings;
        return SecretReference.TryParse(password, null, out var secret)
            ? settings with { Password = secret.Resolve(job.Environment) }
            : throw new TwiBackupException(ExitCode.WrongUse, "--password takes env:NAME or file:PATH, never the password itself: everybody on this machine could read it. If it was one, change it.");
    }

    private static ConnectionSettings RequireNoPassword(ConnectionSettings settings, JobContext job) => settings.Password is null
        ? settings with { Password = job.Environment.GetValueOrDefault("PGPASSWORD") is { Length: > 0 } given ? given : null }
        : throw new TwiBackupException(ExitCode.WrongUse, "--to holds a password, which everybody on this machine could read. Take it out and name it with --password env:NAME or file:PATH; and change it.");

    private static Dictionary<string, string> Without(IReadOnlyDictionary<string, string> environment, string name) =>
        environment.Where(v => v.Key != name).ToDictionary(v => v.Key, v => v.Value);
}
