namespace TwiBackup.Database.Dumps;

/// <summary>A role of a dump and the statements that make it what it was.</summary>
/// <param name="Name">Its name.</param>
internal sealed record GlobalRole(string Name)
{
    /// <summary>The password's hash; null: none. A secret.</summary>
    public string? PasswordHash { get; set; }

    /// <summary>CREATE ROLE, ALTER ROLE … WITH, settings, comment; in their order.</summary>
    public List<string> Statements { get; } = [];
}
