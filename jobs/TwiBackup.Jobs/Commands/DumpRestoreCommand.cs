using System.CommandLine;
using TwiBackup.Database.Dumps;
using TwiBackup.Policy;
using TwiBackup.Postgres;

namespace TwiBackup.Commands;

/// <summary><c>twibackup restore dump</c>.</summary>
internal static class DumpRestoreCommand
{
    public static Command Create()
    {
        var set = new SetOptions();
        var to = new Option<string?>("--to", "--connection")
        {
            Description = "The server, as a libpq URI or keywords without a password, env:NAME or file:PATH (default: the policy's connection)",
            HelpName = "CONNECTION",
        };
        var password = new Option<string?>("--password") { Description = "Where the password for --to stands (default: PGPASSWORD or the passfile)", HelpName = "env:NAME|file:PATH" };
        var databases = new Option<string[]>("--database") { Description = "Only this database (may be given several times)", HelpName = "NAME", DefaultValueFactory = _ => [] };
        var name = new Option<string?>("--as") { Description = "Give the database this name instead of its own; with --table: the live database", HelpName = "NAME" };
        var tables = new Option<string[]>("--table")
        {
            Description = "Only bring this table back into the live database, with its sequences (may be given several times)",
            HelpName = "SCHEMA.NAME",
            DefaultValueFactory = _ => [],
        };
        var replace = new Option<bool>("--replace") { Description = "Replace what has the name; a database is renamed to NAME.twibackup-ID, a table moved into the schema twibackup-ID" };
        var disconnect = new Option<bool>("--disconnect") { Description = "End the sessions of a database that is replaced" };
        var command = new Command("dump", "Restore roles and databases of a dump into a running server: beside what is there, and in its place once it is proven")
        {
            to, password, databases, name, tables, replace, disconnect,
        };
        set.AddTo(command);
        return command.Runs(JobRole.Restorer, async (parsed, job, cancellationToken) =>
        {
            var (id, at) = set.Read(parsed);
            var options = new DumpRestoreOptions
            {
                SetId = id,
                At = at,
                Databases = parsed.GetValue(databases) ?? [],
                As = parsed.GetValue(name),
                Tables = parsed.GetValue(tables) ?? [],
                Replace = parsed.GetValue(replace),
                Disconnect = parsed.GetValue(disconnect),
            };
            var target = ServerOptions.Read(parsed.GetValue(to), parsed.GetValue(password), job);
            var restore = new DumpRestore(
                job.Catalog, target, major => PostgresInstallation.FindClient("pg_restore", major, job.Environment), options, job.Clock, job.Progress);
            Tell(await restore.RunAsync(cancellationToken), target);
            return ExitCode.Done;
        });
    }

    private static void Tell(DumpRestoreResult result, ConnectionSettings target)
    {
        if (result.Roles is { } roles)
        {
            if (roles.Created.Count > 0)
                Console.Out.WriteLine($"Roles created: {string.Join(", ", roles.Created)}.");
            if (roles.Kept.Count > 0)
                Console.Out.WriteLine($"Roles that were there and stay as they are: {string.Join(", ", roles.Kept)}.");
        }

        foreach (var database in result.Databases)
        {
            Console.Out.WriteLine($"Restored {database.Name} from dump/{result.Set.Id}, as of {database.Source.SnapshotTime:u}, on {target.Host}:{target.Port}: "
                + $"{database.Rows} rows in {database.Source.Tables.Count} tables, all as they were dumped.");
            if (database.Aside is { } aside)
                Console.Out.WriteLine($"Kept aside: {aside}. When nobody needs it: DROP DATABASE \"{aside}\";");
        }

        foreach (var table in result.Tables)
        {
            Console.Out.WriteLine($"Restored table {table.Table} from dump/{result.Set.Id}: {table.Rows} rows.");
            if (table.Aside is { } aside)
                Console.Out.WriteLine($"Kept aside: {aside}.");
            if (table.Missing.Count > 0)
                Console.Out.WriteLine($"Foreign keys that pointed at it are gone; to have them again: {string.Join(" ", table.Missing)}");
        }
    }
}
