using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Progress;

namespace TwiBackup.Database.Dumps;

/// <summary>What <c>pg_dumpall --globals-only</c> wrote: roles, grants of roles to roles and of rights on settings, tablespaces.</summary>
internal sealed class Globals
{
    private const int Largest = 64 << 20;

    private readonly Dictionary<string, GlobalRole> roles = new(StringComparer.Ordinal);
    private readonly List<(string Statement, string? Granted, string Grantee)> grants = [];

    private Globals()
    {
    }

    /// <summary>All roles, by name.</summary>
    public IReadOnlyDictionary<string, GlobalRole> Roles => roles;

    /// <summary>Grants: the role that is granted (null: a right on a setting), and to whom.</summary>
    public IReadOnlyList<(string Statement, string? Granted, string Grantee)> Grants => grants;

    /// <summary>Reads and checks the object of a set.</summary>
    public static Task<Globals> ReadAsync(SetCatalog catalog, BackupSet set, IProgressReporter progress, CancellationToken cancellationToken) =>
        SetObjects.ReadAsync(
            catalog, set, DumpSet.Entry(catalog, set, DumpNames.Globals),
            async plain =>
            {
                var bytes = new byte[Math.Min(DumpSet.Entry(catalog, set, DumpNames.Globals).PlainLength, Largest) + 1];
                var length = await plain.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
                return length > Largest ? throw new InvalidDataException($"it opens to more than {Largest} bytes") : Parse(Encoding.UTF8.GetString(bytes, 0, length));
            },
            progress, cancellationToken);

    /// <summary>Reads the text.</summary>
    /// <exception cref="InvalidDataException">It is not what pg_dumpall writes.</exception>
    public static Globals Parse(string sql)
    {
        var globals = new Globals();
        foreach (var statement in SqlText.Statements(sql))
            globals.Add(statement);
        return globals;
    }

    // Tablespaces are of a place: what lay in them goes to the default one.
    private void Add(string statement)
    {
        if (After(statement, "CREATE ROLE ") is { } created)
        {
            roles.TryAdd(created.Name, new GlobalRole(created.Name));
            roles[created.Name].Statements.Add(statement);
        }
        else if (After(statement, "ALTER ROLE ") is { } altered && roles.TryGetValue(altered.Name, out var role))
        {
            role.Statements.Add(statement);
            if (SqlText.Find(statement, " PASSWORD ") is var at and >= 0 && statement.AsSpan(altered.End).StartsWith(" WITH "))
                role.PasswordHash = SqlText.StringAt(statement, at + " PASSWORD ".Length);
        }
        else if (SqlText.Find(statement, " ON ROLE ") is var on and >= 0 && SqlText.NameAt(statement, on + " ON ROLE ".Length) is { } described
            && roles.TryGetValue(described.Name, out var owner))
        {
            owner.Statements.Add(statement);
        }
        else if (After(statement, "GRANT ") is { } granted && SqlText.Find(statement, " TO ") is var to and >= 0
            && SqlText.Find(statement, " ON TABLESPACE ") < 0 && SqlText.NameAt(statement, to + " TO ".Length) is { } grantee)
        {
            var isRole = granted.End == to;
            grants.Add((statement, isRole ? granted.Name : null, grantee.Name));
        }
    }

    private static (string Name, int End)? After(string statement, string start) =>
        statement.StartsWith(start, StringComparison.Ordinal) ? SqlText.NameAt(statement, start.Length) : null;
}
