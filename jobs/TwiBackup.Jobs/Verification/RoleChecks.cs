using Npgsql;
using TwiBackup.Database.Dumps;
using TwiBackup.Postgres;

namespace TwiBackup.Verification;

/// <summary>Whether a server has the roles of a dump: each of them, with its password's hash and its memberships.</summary>
internal static class RoleChecks
{
    /// <summary>What is wrong, a clause each.</summary>
    /// <param name="globals">The roles that were dumped.</param>
    /// <param name="own">The server's own superuser, who was there before and stays as he was.</param>
    /// <param name="session">A superuser's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<string>> RunAsync(Globals globals, string own, NpgsqlConnection session, CancellationToken cancellationToken)
    {
        var hashes = (await session.ListAsync(
            "select rolname::text, coalesce(rolpassword, '') from pg_authid", row => (Name: row.GetString(0), Hash: row.GetString(1)), cancellationToken))
            .ToDictionary(r => r.Name, r => r.Hash, StringComparer.Ordinal);
        var members = (await session.ListAsync(
            "select pg_get_userbyid(roleid)::text, pg_get_userbyid(member)::text from pg_auth_members", row => (row.GetString(0), row.GetString(1)), cancellationToken))
            .ToHashSet();
        var wrong = new List<string>();
        foreach (var role in globals.Roles.Values.Where(r => r.Name != own))
        {
            if (!hashes.TryGetValue(role.Name, out var hash))
                wrong.Add($"{role.Name} is missing");
            else if (hash != (role.PasswordHash ?? ""))
                wrong.Add($"{role.Name} has another password");
        }

        wrong.AddRange(globals.Grants
            .Where(g => g.Granted is not null && !members.Contains((g.Granted, g.Grantee)))
            .Select(g => $"{g.Grantee} is no member of {g.Granted}"));
        return wrong;
    }
}
