using System.Text;
using System.Text.Json;
using TwiBackup.Files;
using TwiBackup.Policy.SystemChecks;

namespace TwiBackup.Verification.Live;

/// <summary>Whether the application's <c>.env</c> is private and says what the application needs. Shows names, never values.</summary>
internal sealed class EnvironmentChecks(EnvironmentPolicy policy)
{
    private const int LargestFile = 1 << 20;
    private const int ForOthers = 0x3f;
    private VariablesFile? variables;

    public IEnumerable<SystemCheck> All()
    {
        const string section = "verification.system.environment";
        yield return new("environment/file", _ => Task.FromResult(CheckFile()));
        yield return Check("required", policy.Required.Count, file => policy.Required.Where(names => file.FindAny(names) is null)
            .Select(names => $"{names.Replace("|", " or ", StringComparison.Ordinal)} is missing or empty"));
        yield return Check("groups", policy.Groups.Count, file => policy.Groups.Select(group => Incomplete(group, file)).OfType<string>());
        yield return Check("values", policy.Values.Count, file => policy.Values.Select(rule => Broken(rule, file)).OfType<string>());
        yield return Check("json", policy.Json.Count, file => policy.Json.Where(name => file.Has(name) && !IsJson(file.Find(name)!))
            .Select(name => $"{name} is no JSON"));

        SystemCheck Check(string name, int count, Func<VariablesFile, IEnumerable<string>> faults) => count == 0
            ? SystemCheck.NotConfigured($"environment/{name}", $"{section}.{name}")
            : new SystemCheck($"environment/{name}", _ => Task.FromResult(Judge(count, [.. faults(Read())])));
    }

    /// <summary>The file's variables, read once.</summary>
    /// <exception cref="TwiBackupException">It can't be read.</exception>
    public VariablesFile Read()
    {
        if (variables is not null)
            return variables;
        try
        {
            if (new FileInfo(policy.File) is { Exists: true, Length: > LargestFile })
                throw new TwiBackupException($"{policy.File} has more than 1 MiB, which no such file has.");
            return variables = VariablesFile.Parse(File.ReadAllText(policy.File, Encoding.UTF8));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException($"{policy.File} {(File.Exists(policy.File) ? "can't be read by this account" : "is not there")}.", e);
        }
    }

    private Answer CheckFile()
    {
        if (FileCalls.FactsThrough(policy.File) is not { } facts)
            return Answer.Bad($"{policy.File} is not there");
        var mode = Convert.ToString(facts.Mode, 8).PadLeft(4, '0');
        if ((facts.Mode & ForOthers) != 0)
            return Answer.Bad($"{policy.File} has mode {mode}, so that others than its owner can use it: chmod 600 {policy.File}");
        if (policy.Owner is { } owner && Accounts.Load().Parse(owner).User != facts.UserId)
            return Answer.Bad($"{policy.File} belongs to {facts.UserId}, not to {owner}, which then can't read it: chown {owner} {policy.File}");
        var unread = Read().Unread;
        return Answer.Of(
            unread.Count == 0, $"{policy.File}, mode {mode}, owner {facts.UserId}, {Read()}",
            $"{policy.File} has lines that set nothing: {string.Join(", ", unread.Take(10))}. Write NAME=value, values with blanks or # in quotes");
    }

    private static Answer Judge(int count, IReadOnlyList<string> faults) =>
        Answer.Of(faults.Count == 0, $"{count} as they must be", string.Join("; ", faults));

    private static string? Incomplete(IReadOnlyList<string> group, VariablesFile file)
    {
        var there = group.Where(file.Has).ToList();
        return there.Count == 0 || there.Count == group.Count
            ? null
            : $"{string.Join(", ", there)} without {string.Join(", ", group.Except(there))}";
    }

    private static string? Broken(VariableRule rule, VariablesFile file)
    {
        if (file.Find(rule.Name) is not { } value)
            return null;
        if (rule.NoneOf.Contains(value, StringComparer.Ordinal))
            return $"{rule.Name} is what it must not be ({string.Join(", ", rule.NoneOf)})";
        return rule.OneOf.Count == 0 || rule.OneOf.Contains(value, StringComparer.Ordinal)
            ? null
            : $"{rule.Name} is none of {string.Join(", ", rule.OneOf)}";
    }

    private static bool IsJson(string value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
