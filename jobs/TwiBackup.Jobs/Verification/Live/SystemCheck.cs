namespace TwiBackup.Verification.Live;

/// <summary>A question to the running system.</summary>
/// <param name="Name"><c>group/name</c> in lower case without blanks, e.g. <c>database/owners</c>.</param>
/// <param name="Ask">Asks it. What throws is a check that failed: nothing was found out.</param>
public sealed record SystemCheck(string Name, Func<CancellationToken, Task<Answer>> Ask)
{
    /// <summary>The part before the slash.</summary>
    public string Group => Name[..Name.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>A check that the policy does not ask for.</summary>
    public static SystemCheck NotConfigured(string name, string key) =>
        new(name, _ => Task.FromResult(Answer.NotAsked($"the policy has no {key}")));
}
