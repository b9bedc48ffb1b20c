namespace TwiBackup.Policy.SystemChecks;

/// <summary>A question whose answer must be true.</summary>
/// <param name="Name">Lower-case words with <c>-</c> between.</param>
/// <param name="Sql">One query with one boolean, asked in a transaction that can only read.</param>
public sealed record SystemQuery(string Name, string Sql);
