namespace TwiBackup.Files;

/// <summary>A log left for next time.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Why">Completes "left because it …".</param>
public sealed record LogLeft(string Path, string Why);
