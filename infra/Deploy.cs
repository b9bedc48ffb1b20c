using Pulumi;
using TwiBackup.Infra.Configuration;

namespace TwiBackup.Infra;

/// <summary>The program: reads the configuration, then runs the one of two stacks that it asks for.</summary>
public static class Deploy
{
    /// <summary>Registers everything.</summary>
    /// <returns>The stack's outputs.</returns>
    /// <exception cref="RunException">The configuration cannot be; nothing was registered.</exception>
    public static IDictionary<string, object?> Infra() => Infra(Deployment.Instance.RootDirectory);

    /// <summary>Registers everything.</summary>
    /// <param name="root">The project's folder: where policies lie and the image is built from.</param>
    internal static IDictionary<string, object?> Infra(string root)
    {
        var config = Read(root);
        return config.Role == StackRole.Primary ? PrimaryStack.Register(config, root) : RecoveryStack.Register(config);
    }

    private static StackConfig Read(string root)
    {
        var configs = new Dictionary<string, Config>(StringComparer.Ordinal);
        try
        {
            return StackConfig.Read(key => Get(configs, key), root);
        }
        catch (ConfigException e)
        {
            throw new RunException(e.Message, e);
        }
    }

    private static string? Get(Dictionary<string, Config> configs, string key)
    {
        var parts = key.Split(':', 2);
        if (!configs.TryGetValue(parts[0], out var config))
            configs[parts[0]] = config = new Config(parts[0]);
        return config.Get(parts[1]);
    }
}
