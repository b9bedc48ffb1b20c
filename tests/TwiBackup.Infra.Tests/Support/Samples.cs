using TwiBackup.Infra.Configuration;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>Configurations for tests of pure functions.</summary>
internal static class Samples
{
    /// <summary>The repository's own prod stack.</summary>
    public static StackConfig Prod { get; } = Config("prod");

    public static Names Names => Prod.Names;

    public static ProtectedSystem System => Prod.Systems[0];

    public static IReadOnlyDictionary<string, string> KeyArns { get; } = new Dictionary<string, string>
    {
        ["eu-central-1"] = "arn:aws:kms:eu-central-1:123456789012:key/mrk-1",
        ["eu-west-1"] = "arn:aws:kms:eu-west-1:123456789012:key/mrk-1",
    };

    /// <summary>A stack with some keys set otherwise, and the policy's text changed.</summary>
    public static StackConfig Config(
        string stack, IReadOnlyDictionary<string, string?>? changes = null, Func<string, string>? policy = null)
    {
        var values = PulumiYaml.Config(stack).ToDictionary(pair => pair.Key, pair => (string?)pair.Value);
        foreach (var (key, value) in changes ?? new Dictionary<string, string?>())
            values[key] = value;
        if (policy is null)
            return StackConfig.Read(values.GetValueOrDefault, Repository.Root);
        var root = Directory.CreateTempSubdirectory("twibackup-infra-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(root, "twibackup.json"), policy(File.ReadAllText(Repository.PathOf("twibackup.json"))));
            return StackConfig.Read(values.GetValueOrDefault, root);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
