namespace TwiBackup.Database.Dumps;

/// <summary>What a restore did about roles.</summary>
/// <param name="Created">Those that were missing.</param>
/// <param name="Kept">Those that were there, untouched.</param>
/// <param name="Refused">Those that are missing still.</param>
/// <param name="RefusedBecause">The server's words about the first of them.</param>
/// <param name="NotGranted">Grants that the server refused, with its words.</param>
public sealed record RestoredRoles(
    IReadOnlyList<string> Created, IReadOnlyList<string> Kept, IReadOnlyList<string> Refused, string? RefusedBecause, IReadOnlyList<string> NotGranted);
