using TwiBackup.Policy;

namespace TwiBackup.Alerts;

/// <summary>Something to tell people with, or why there is none.</summary>
/// <param name="Target">Null: the policy has none, or it can't be used.</param>
/// <param name="Problem">Why it can't be used, one line; null: it can, or the policy has none.</param>
internal sealed record Destination<T>(T? Target, string? Problem)
    where T : class
{
    public static readonly Destination<T> None = new(null, null);

    /// <summary>Of the policy's reference to a secret URL.</summary>
    public static Destination<T> Of(
        SecretReference? reference, string key, IReadOnlyDictionary<string, string> environment, bool mayBePlain, Func<Uri, string, T> create)
    {
        if (reference is null)
            return None;
        var name = $"{key} ({reference})";
        try
        {
            return new Destination<T>(create(AlertHttp.ParseSecretUrl(reference.Resolve(environment), name, mayBePlain), name), null);
        }
        catch (TwiBackupException e)
        {
            return new Destination<T>(null, $"{key}: {e.Message}");
        }
    }

    /// <summary>Uses it; a failure is said. True: it worked, or there is none to use.</summary>
    public async Task<bool> UseAsync(Func<T, Task> use, string whatNot, Action<string> say)
    {
        var problem = Problem;
        if (Target is { } target)
        {
            try
            {
                await use(target);
            }
            catch (TwiBackupException e)
            {
                problem = e.Message;
            }
        }

        if (problem is not null)
            say($"{whatNot}: {problem.TrimEnd('.')}.");
        return problem is null;
    }
}
