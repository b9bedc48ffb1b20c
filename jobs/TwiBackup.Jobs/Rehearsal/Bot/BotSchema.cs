using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// The stand-in's database: a role without rights of its own, the database and a schema with the traits of the real bot's,
/// all of it owned by that role.
/// </summary>
public static class BotSchema
{
    /// <summary>The role that owns the database and everything in it.</summary>
    public const string DefaultRole = "cognita_bot";

    /// <summary>The database's name when nobody chooses one.</summary>
    public const string DefaultDatabase = "cognita";

    /// <summary>The server that every message of the stand-in belongs to.</summary>
    internal const long ServerId = 346842016480000000;

    /// <summary>The stand-in's own user.</summary>
    internal const long UserId = 346842016480000001;

    /// <summary>
    /// Creates the role (when absent), the database and the schema.
    /// </summary>
    /// <param name="superuser">A superuser's connection, to any database.</param>
    /// <param name="database">The new database's name.</param>
    /// <param name="role">The owner; made a plain login role.</param>
    /// <param name="password">
    /// The role's password, printable ASCII; null leaves it as it is, for servers that trust or ask the system.
    /// </param>
    /// <param name="cancellation">Gives up; a database that was created then stays, without a schema.</param>
    /// <exception cref="TwiBackupException">The database exists already, or the server refused.</exception>
    public static async Task LoadAsync(
        ConnectionSettings superuser, string database, string role, string? password, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(superuser);
        try
        {
            await CreateRoleAndDatabaseAsync(superuser, database, role, password, cancellation);
            await using var source = BotDataSource.Create(superuser with { Database = database });
            await using var connection = await source.OpenConnectionAsync(cancellation);
            await LoadIntoAsync(connection, role, cancellation);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            throw new TwiBackupException(
                ExitCode.WrongUse,
                $"Database '{database}' exists already on {superuser.Host}; drop it, or choose another with --database.",
                refused);
        }
        catch (NpgsqlException failed)
        {
            throw Refused(superuser, database, failed);
        }
    }

    /// <summary>
    /// The same for a database that may be there, whole or empty as a server's set-up makes it; what holds tables that are not the
    /// stand-in's is left alone.
    /// </summary>
    /// <returns>False: it was there already, to its last object.</returns>
    /// <exception cref="TwiBackupException">The database holds something else, or the server refused.</exception>
    public static async Task<bool> EnsureAsync(
        ConnectionSettings superuser, string database, string role, string? password, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(superuser);
        var there = superuser with { Database = database };
        try
        {
            await using (var source = BotDataSource.Create(superuser))
            await using (var connection = await source.OpenConnectionAsync(cancellation))
            {
                if (!await connection.AskAsync<bool>("select exists (select from pg_database where datname = $1)", cancellation, database))
                {
                    await LoadAsync(superuser, database, role, password, cancellation);
                    return true;
                }
            }

            await using var inside = BotDataSource.Create(there);
            await using var session = await inside.OpenConnectionAsync(cancellation);
            if (await IsCompleteAsync(session, cancellation))
                return false;
            if (await session.AskAsync<bool>("select exists (select from pg_tables where schemaname = 'public')", cancellation))
            {
                throw new TwiBackupException(
                    ExitCode.WrongUse,
                    $"Database '{database}' on {superuser.Host} holds tables, and not all of the stand-in's; nothing was changed. "
                    + "Name another with --database.");
            }

            await LoadIntoAsync(session, role, cancellation);
            return true;
        }
        catch (NpgsqlException failed)
        {
            throw Refused(superuser, database, failed);
        }
    }

    /// <summary>
    /// Whether a reconnecting bot may begin: the schema is there to its last object. <c>pg_restore</c> fills materialized views last,
    /// so that a bot that waits for them does not create indexes under a restore that still runs.
    /// </summary>
    internal static async Task<bool> IsCompleteAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await connection.AskAsync<bool>(
            """
            select to_regclass('public.heartbeat') is not null
               and (select count(*) = 4 and bool_and(relispopulated) from pg_class
                    where relkind = 'm' and relname in ('user_activity', 'channel_hours', 'daily_messages', 'daily_members'))
               and not pg_is_in_recovery()
            """,
            cancellation);

    /// <summary>What the bot runs at every start, in one transaction; whoever is not the owner of everything fails.</summary>
    internal static async Task RunStartupAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.RunAsync(Read("startup"), cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task LoadIntoAsync(NpgsqlConnection connection, string role, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.RunAsync($"set local role {Sql.Name(role)}", cancellation);
        await connection.RunAsync(Read("tables"), cancellation);
        await connection.RunAsync(Read("startup"), cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static TwiBackupException Refused(ConnectionSettings superuser, string database, NpgsqlException failed) => new(
        $"The stand-in's schema did not go into '{database}' as {superuser}: {failed.Message}; correct that, try again.", failed);

    private static async Task CreateRoleAndDatabaseAsync(
        ConnectionSettings superuser, string database, string role, string? password, CancellationToken cancellation)
    {
        await using var source = BotDataSource.Create(superuser);
        await using var connection = await source.OpenConnectionAsync(cancellation);
        if (!await connection.AskAsync<bool>("select exists (select from pg_roles where rolname = $1)", cancellation, role))
            await connection.RunAsync(
                $"create role {Sql.Name(role)} login nosuperuser nocreatedb nocreaterole noreplication", cancellation);
        if (password is not null)
            await connection.RunAsync($"alter role {Sql.Name(role)} password {Sql.Text(ScramVerifier.Make(password))}", cancellation);
        await connection.RunAsync(
            $"create database {Sql.Name(database)} owner {Sql.Name(role)} encoding 'UTF8' template template0", cancellation);
    }

    internal static string Read(string name)
    {
        using var stream = typeof(BotSchema).Assembly.GetManifestResourceStream($"TwiBackup.Rehearsal.Bot.{name}.sql")
            ?? throw new InvalidOperationException($"The program was built without {name}.sql.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
