using TwiBackup.Policy;

namespace TwiBackup.Infra.Configuration;

/// <summary>Reads a policy file and refuses what the cloud cannot keep.</summary>
internal static class PolicySource
{
    /// <summary>SSM's limit of a parameter's value, in its advanced tier.</summary>
    private const int LargestParameter = 8192;

    /// <summary>Room for the URLs of the stores that this program makes, which are not known yet.</summary>
    private const int RoomForStores = 512;

    /// <exception cref="ConfigException">It cannot be read, contradicts itself, or cannot be met here.</exception>
    public static ProtectedSystem Read(string path, string root)
    {
        try
        {
            var full = Path.GetFullPath(path, root);
            var policy = PolicyFile.Load(full);
            PolicyCheck.Demand(ForCloud(policy), StackConfig.Epoch);
            var system = new ProtectedSystem(path, policy, File.ReadAllText(full));
            return Problem(system) is { } problem ? throw ConfigReader.Wrong("policies", $"{path}: {problem}") : system;
        }
        catch (PolicyException e)
        {
            throw ConfigReader.Wrong("policies", $"{path}: {e.Errors[0]}", e);
        }
        catch (TwiBackupException e) when (e is not ConfigException)
        {
            throw ConfigReader.Wrong("policies", e.Message, e);
        }
        catch (IOException e)
        {
            throw ConfigReader.Wrong("policies", $"{path} cannot be read", e);
        }
    }

    /// <summary>Two stores of S3 in place of the file's own, which may be a folder that cannot lock.</summary>
    private static BackupPolicy ForCloud(BackupPolicy policy) =>
        policy with { Stores = policy.Stores with { Primary = "s3://primary?region=primary", Replica = "s3://replica?region=replica" } };

    private static string? Problem(ProtectedSystem system)
    {
        var policy = system.Policy;
        if (policy.Stores.Lock is null)
            return "stores.lock is missing; without object lock a stolen credential deletes every backup, write { \"mode\": \"governance\" }";
        if (PolicySecrets.FirstFile(policy) is { } file)
            return $"{file} stands in a file, and tasks have none; write env:NAME";
        if (CloudPolicy.LengthOf(system.Text) > LargestParameter - RoomForStores)
            return $"without comments and verification.system it has more than {LargestParameter - RoomForStores} characters, which no parameter holds; shorten its lists";
        return null;
    }
}
