using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Policy.SystemChecks;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Verification.Live;

/// <summary>Whether the application's database is whole, and what the policy says it is.</summary>
internal sealed class LiveDatabaseChecks(LiveDatabase database, SystemDatabasePolicy policy, BackupPolicy whole, NewestSets sets)
{
    /// <summary>The clocks of those who write rows may differ a little from the server's.</summary>
    private static readonly TimeSpan Future = TimeSpan.FromMinutes(1);

    public IEnumerable<SystemCheck> All()
    {
        yield return new("database/connection", ConnectAsync);
        var expected = new DatabaseExpectations
        {
            Owner = policy.Owner,
            SequenceColumns = policy.Sequences.ToDictionary(one => one.Name, one => (one.Table, one.Column)),
            NotValid = policy.NotValid,
            Tables = policy.Tables,
            Schema = policy.Schema,
        };
        foreach (var question in DatabaseChecks.Of(expected))
            yield return new(NameOf(question.Name), async cancellationToken =>
            {
                var (passed, detail) = await question.Ask(await database.OpenAsync(cancellationToken), cancellationToken);
                return passed ? Answer.Good(detail) : Answer.Bad(detail);
            });
        if (policy.Tables.Count == 0)
            yield return SystemCheck.NotConfigured(NameOf("tables"), "verification.system.database.tables");
        if (policy.Schema is null)
            yield return new(NameOf("schema"), TellSchemaAsync);
        yield return policy.Growing.Count == 0
            ? SystemCheck.NotConfigured("database/rows", "verification.system.database.growing")
            : new("database/rows", CountAsync);
        yield return whole.Database.Heartbeat is { } heartbeat
            ? new("database/newest-row", cancellationToken => NewestAsync(heartbeat, cancellationToken))
            : SystemCheck.NotConfigured("database/newest-row", "database.heartbeat");
        foreach (var query in policy.Queries)
            yield return new($"database/{query.Name}", cancellationToken => AskAsync(query, cancellationToken));
    }

    private static string NameOf(string question) => $"database/{question.Replace(' ', '-')}";

    private async Task<Answer> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken);
        var version = await connection.AskAsync<string>("select current_setting('server_version')", cancellationToken);
        return Answer.Good($"{database.Settings}, PostgreSQL {version}");
    }

    /// <summary>Nobody said what it must be, so it can't pass; but then somebody can see what to write down.</summary>
    private async Task<Answer> TellSchemaAsync(CancellationToken cancellationToken)
    {
        var found = await SchemaFingerprint.TakeAsync(await database.OpenAsync(cancellationToken), cancellationToken);
        return Answer.NotAsked($"the policy has no verification.system.database.schema; it is {found}");
    }

    /// <summary>A live system has gone on since the dump: what only grows has no fewer rows now.</summary>
    private async Task<Answer> CountAsync(CancellationToken cancellationToken)
    {
        var name = database.Settings.Database;
        if (await sets.FindAsync(SetKind.Dump, cancellationToken) is not { } dump
            || dump.Manifest.Dump?.Databases.FirstOrDefault(one => one.Name == name) is not { } source)
            return Answer.NotAsked($"the store holds no dump of {name}, whose manifest says how many rows there were");
        var before = source.Tables.ToDictionary(table => table.Table, table => table.Rows, StringComparer.Ordinal);
        var connection = await database.OpenAsync(cancellationToken);
        var wrong = new List<string>();
        long more = 0;
        // One that came after the dump has nothing to be compared with.
        var known = policy.Growing.Where(before.ContainsKey).ToList();
        foreach (var table in known)
        {
            var least = before[table];
            var rows = await connection.AskAsync<long>($"select count(*) from {table}", cancellationToken);
            more += rows - least;
            if (rows < least)
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{table} has {rows} rows and had {least}"));
        }

        var since = $"since dump/{dump.Id}";
        return wrong.Count == 0
            ? Answer.Good(string.Create(CultureInfo.InvariantCulture, $"{more} rows more in {known.Count} tables {since}"))
            : Answer.Bad($"fewer {since}: {string.Join("; ", wrong)}");
    }

    private async Task<Answer> NewestAsync(HeartbeatPolicy heartbeat, CancellationToken cancellationToken)
    {
        var most = policy.Newest ?? whole.Objectives.Database.Rpo ?? TimeSpan.FromHours(1);
        var seconds = await database.UndoneAsync(
            readOnly: true,
            async connection =>
            {
                // A time without zone is meant in UTC.
                await connection.RunAsync("set local timezone = 'UTC'", cancellationToken);
                return await connection.AskAsync<double>(
                    $"select coalesce(extract(epoch from clock_timestamp() - max({heartbeat.Column})::timestamptz)::float8, 'infinity') from {heartbeat.Table}",
                    cancellationToken);
            },
            cancellationToken);
        if (double.IsInfinity(seconds))
            return Answer.Bad($"{heartbeat.Table} has no row");
        var age = TimeSpan.FromSeconds(seconds);
        if (age < -Future)
            return Answer.Bad($"the newest row of {heartbeat.Table} is {Sizes.Text(-age)} in the future: a clock is wrong, or the row is");
        return Answer.Of(
            age <= most,
            $"the newest row of {heartbeat.Table} is {Sizes.Text(age < TimeSpan.Zero ? TimeSpan.Zero : age)} old",
            $"the newest row of {heartbeat.Table} is {Sizes.Text(age)} old, and may be {Duration.Format(most)}: does the application write?");
    }

    private Task<Answer> AskAsync(SystemQuery query, CancellationToken cancellationToken) => database.UndoneAsync(
        readOnly: true,
        async connection => Answer.Of(
            await connection.AskAsync<bool>(query.Sql, cancellationToken), "so it is", "the policy's query says that it is not so"),
        cancellationToken);
}
