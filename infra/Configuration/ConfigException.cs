namespace TwiBackup.Infra.Configuration;

/// <summary>A stack's configuration that nothing can be made of. The message is one line and begins with the key.</summary>
public sealed class ConfigException : TwiBackupException
{
    /// <param name="key">The key as it is set, e.g. <c>twibackup:account</c>.</param>
    /// <param name="problem">What is wrong with it, and what to write instead.</param>
    public ConfigException(string key, string problem, Exception? cause = null)
        : base(ExitCode.WrongUse, $"{key}: {problem}", cause) => Key = key;

    public string Key { get; }
}
