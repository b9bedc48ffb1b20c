namespace TwiBackup.Policy;

/// <summary>A file or folder of the configuration.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Required">Whether a backup without it is a failure; if not, its absence is recorded.</param>
public sealed record ConfigurationPath(string Path, bool Required = true);
