using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// Brings a dump's roles to a server, all in one transaction: those that are missing come with their hashes, settings and grants; those that
/// are there stay as they are.
/// </summary>
internal static class RoleRestore
{
    /// <summary>Options that only a superuser may so much as mention.</summary>
    private static readonly string[] DenialsOfSuperusers = [" NOSUPERUSER", " NOREPLICATION", " NOBYPASSRLS"];

    /// <summary>Creates what is missing.</summary>
    public static async Task<RestoredRoles> RunAsync(Globals globals, NpgsqlConnection session, CancellationToken cancellationToken)
    {
        var there = await ListRolesAsync(session, cancellationToken);
        var isSuperuser = await session.AskAsync<bool>("select rolsuper from pg_roles where rolname = current_user", cancellationToken);
        await using var transaction = await session.BeginTransactionAsync(cancellationToken);
        var created = new List<string>();
        var refused = new List<string>();
        string? why = null;
        foreach (var role in globals.Roles.Values.Where(r => !there.Contains(r.Name)))
        {
            if (await TryAsync(session, role.Statements.Select(s => isSuperuser ? s : WithoutDenials(s)), cancellationToken) is { } reason)
            {
                why ??= reason;
                refused.Add(role.Name);
            }
            else
            {
                created.Add(role.Name);
            }
        }

        there = await ListRolesAsync(session, cancellationToken);
        var notGranted = new List<string>();
        foreach (var (statement, granted, grantee) in globals.Grants)
        {
            // Grants among roles that were there before are as somebody wanted them.
            if (!created.Contains(grantee) && (granted is null || !created.Contains(granted)))
                continue;
            if (!there.Contains(grantee) || (granted is not null && !there.Contains(granted)))
                continue;
            if (await TryAsync(session, [WithKnownGrantor(statement, there, isSuperuser)], cancellationToken) is { } reason)
                notGranted.Add($"{granted ?? "a right on a setting"} to {grantee}: {reason}");
        }

        await transaction.CommitAsync(cancellationToken);
        return new RestoredRoles(created, [.. globals.Roles.Keys.Except(created).Except(refused)], refused, why, notGranted);
    }

    private static async Task<HashSet<string>> ListRolesAsync(NpgsqlConnection session, CancellationToken cancellationToken) =>
        [.. await session.ListAsync("select rolname::text from pg_roles", row => row.GetString(0), cancellationToken)];

    /// <summary>Runs all or none; the reason when the server refuses. Its words never hold a statement.</summary>
    private static async Task<string?> TryAsync(NpgsqlConnection session, IEnumerable<string> statements, CancellationToken cancellationToken)
    {
        await session.RunAsync("savepoint role", cancellationToken);
        try
        {
            foreach (var statement in statements)
                await session.RunAsync(statement, cancellationToken);
            await session.RunAsync("release savepoint role", cancellationToken);
            return null;
        }
        catch (PostgresException e)
        {
            await session.RunAsync("rollback to savepoint role", cancellationToken);
            return e.MessageText;
        }
    }

    private static string WithoutDenials(string statement)
    {
        var with = SqlText.Find(statement, " WITH ");
        if (with < 0)
            return statement;
        foreach (var denial in DenialsOfSuperusers)
        {
            if (SqlText.Find(statement, denial) is var at && at > with)
                statement = statement.Remove(at, denial.Length);
        }

        return statement;
    }

    private static string WithKnownGrantor(string statement, HashSet<string> there, bool isSuperuser)
    {
        const string Clause = " GRANTED BY ";
        if (SqlText.Find(statement, Clause) is not (>= 0 and var at) || SqlText.NameAt(statement, at + Clause.Length) is not { } grantor
            || (isSuperuser && there.Contains(grantor.Name)))
            return statement;
        return statement.Remove(at, grantor.End - at);
    }
}
