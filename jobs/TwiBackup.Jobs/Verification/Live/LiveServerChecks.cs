using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Policy.SystemChecks;
using TwiBackup.Postgres;

namespace TwiBackup.Verification.Live;

/// <summary>Whether the server is the one that was backed up, undamaged, and has room for its application.</summary>
internal sealed class LiveServerChecks(
    LiveDatabase database, SystemDatabasePolicy policy, NewestSets sets, IReadOnlyDictionary<string, string> environment)
{
    private const string OwnerOfDatabase = "(select pg_get_userbyid(datdba) from pg_database where datname = current_database())";

    public IEnumerable<SystemCheck> All()
    {
        yield return new("database/version", CompareVersionAsync);
        yield return new("database/extensions", CompareExtensionsAsync);
        yield return new("database/page-checksums", CheckPagesAsync);
        yield return policy.Connections is { } connections
            ? new("database/connections-left", cancellationToken => CountConnectionsAsync(connections, cancellationToken))
            : SystemCheck.NotConfigured("database/connections-left", "verification.system.database.connections");
        yield return policy.Sessions is { } sessions
            ? new("database/sessions", cancellationToken => CountSessionsAsync(sessions, cancellationToken))
            : SystemCheck.NotConfigured("database/sessions", "verification.system.database.sessions");
        yield return policy.Amcheck == AmcheckDepth.None
            ? SystemCheck.NotConfigured("database/amcheck", "verification.system.database.amcheck")
            : new("database/amcheck", RunAmcheckAsync);
    }

    private async Task<Answer> CompareVersionAsync(CancellationToken cancellationToken)
    {
        if (await sets.FindServerAsync(cancellationToken) is not { } set)
            return NoSet();
        var (before, now) = (set.Manifest.Database!.ServerVersion, await VersionAsync(cancellationToken));
        return Answer.Of(
            now >= before,
            $"{Text(now)}, backed up from {Text(before)}",
            $"{Text(now)} is older than {Text(before)}, from which {set.Kind.Name()}/{set.Id} was taken: it may not read what that one wrote");
    }

    private async Task<Answer> CompareExtensionsAsync(CancellationToken cancellationToken)
    {
        if (await sets.FindServerAsync(cancellationToken) is not { } set)
            return NoSet();
        var before = set.Manifest.Database!.Extensions;
        var facts = await ServerFacts.ReadAsync(database.Settings, cancellationToken);
        var now = facts.Databases.SelectMany(one => one.Extensions ?? new Dictionary<string, string>())
            .GroupBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.Last().Value, StringComparer.Ordinal);
        var missing = before.Keys.Except(now.Keys).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            return Answer.Bad($"missing: {string.Join(", ", missing)}, which {set.Kind.Name()}/{set.Id} has");
        var others = now.Where(pair => before.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => $"{pair.Key} {pair.Value}").ToList();
        return Answer.Good(
            $"{string.Join(", ", before.Select(pair => $"{pair.Key} {pair.Value}"))}, as in {set.Kind.Name()}/{set.Id}"
            + (others.Count == 0 ? "" : $"; newer than that: {string.Join(", ", others)}"));
    }

    private async Task<Answer> CheckPagesAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken);
        if (await connection.AskAsync<string>("select current_setting('data_checksums')", cancellationToken) != "on")
            return (await sets.FindServerAsync(cancellationToken))?.Manifest.Database!.DataChecksums == true
                ? Answer.Bad("the server that was backed up had page checksums, this one has none: a damaged page goes unseen")
                : Answer.NotAsked("the server has no page checksums (initdb --data-checksums)");
        var failures = await connection.AskAsync<long>("select coalesce(sum(checksum_failures), 0)::bigint from pg_stat_database", cancellationToken);
        return Answer.Of(
            failures == 0, "none failed",
            string.Create(CultureInfo.InvariantCulture, $"{failures} pages failed their checksum: find them with pg_amcheck, and restore before more is lost"));
    }

    private async Task<Answer> CountConnectionsAsync(int needed, CancellationToken cancellationToken)
    {
        // Those that the application holds already are no others' and need not be free. Ours is gone in a moment.
        var left = await (await database.OpenAsync(cancellationToken)).AskAsync<int>(
            $"""
            select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                 - (select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
                    and usename is distinct from coalesce($1, {OwnerOfDatabase}))::int
            """,
            cancellationToken, policy.Owner);
        var told = string.Create(CultureInfo.InvariantCulture, $"{left} are free or the application's own");
        return Answer.Of(left >= needed, told, string.Create(CultureInfo.InvariantCulture, $"{told}, and it may need {needed}: raise max_connections, or see who holds them"));
    }

    private async Task<Answer> CountSessionsAsync(int least, CancellationToken cancellationToken)
    {
        var sessions = await (await database.OpenAsync(cancellationToken)).AskAsync<long>(
            $"""
            select count(*) from pg_stat_activity
            where backend_type = 'client backend' and pid <> pg_backend_pid() and usename = coalesce($1, {OwnerOfDatabase})
            """,
            cancellationToken, policy.Owner);
        var told = string.Create(CultureInfo.InvariantCulture, $"{sessions} of the application");
        return Answer.Of(sessions >= least, told, string.Create(CultureInfo.InvariantCulture, $"{told}, and it holds at least {least} while it runs: is it up?"));
    }

    private async Task<Answer> RunAmcheckAsync(CancellationToken cancellationToken)
    {
        // An older tool knows fewer faults, a newer one older servers.
        var version = await VersionAsync(cancellationToken);
        var installation = PostgresInstallation.Find(version / 10000, environment);
        using var access = ToolEnvironment.For(database.Settings);
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = installation.Tool("pg_amcheck"),
                Arguments = policy.Amcheck == AmcheckDepth.Full ? ["--no-password", "--heapallindexed"] : ["--no-password"],
                Environment = access.Variables,
            },
            cancellationToken);
        return Answer.Of(result.ExitCode == 0, policy.Amcheck == AmcheckDepth.Full ? "clean, every row is in its indexes" : "clean", result.LastLine);
    }

    private async Task<int> VersionAsync(CancellationToken cancellationToken) =>
        await (await database.OpenAsync(cancellationToken)).AskAsync<int>("select current_setting('server_version_num')::int", cancellationToken);

    private static Answer NoSet() => Answer.NotAsked("the store holds no full and no dump that it could be compared with");

    private static string Text(int version) => string.Create(CultureInfo.InvariantCulture, $"{version / 10000}.{version % 10000}");
}
