using System.Collections;
using System.CommandLine;
using System.Globalization;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Commands;

/// <summary><c>twibackup bot</c>: the stand-in of the bot, for rehearsals by hand.</summary>
internal static class BotCommand
{
    private const string RolePasswordVariable = "TWIBACKUP_BOT_PASSWORD";

    public static Command Create() =>
        new("bot", "A stand-in for the bot: its database and its load, for rehearsals.") { CreateLoad(), CreateRun() };

    private static Command CreateLoad()
    {
        var connection = Connection("A superuser's connection, URI or keywords; the password comes from PGPASSWORD or the passfile.");
        var database = Database("The database to create.");
        database.DefaultValueFactory = _ => BotSchema.DefaultDatabase;
        var role = new Option<string>("--role")
        {
            Description = $"The role that owns it, created when absent; its password comes from {RolePasswordVariable}.",
            DefaultValueFactory = _ => BotSchema.DefaultRole,
        };
        var size = new Option<long>("--size")
        {
            Description = "Fill it to about this size, e.g. 100MB or 2GB; without: only the schema.",
            CustomParser = result =>
            {
                if (TryReadSize(result.Tokens[0].Value, out var bytes)) return bytes;
                result.AddError($"'{result.Tokens[0].Value}' is no size; write e.g. 100MB or 2GB.");
                return 0;
            },
        };
        var seed = Seed();
        var ifMissing = new Option<bool>("--if-missing") { Description = "Leave a database that has the stand-in's schema as it is; take one that is empty." };
        var command = new Command("load", "Creates the stand-in's role, database and schema, and fills it.")
        {
            connection, database, role, size, seed, ifMissing,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var settings = Settings(arguments.GetRequiredValue(connection));
            var name = arguments.GetRequiredValue(database);
            var lines = new Lines(arguments.InvocationConfiguration);
            var (owner, password) = (arguments.GetRequiredValue(role), Take(RolePasswordVariable));
            if (!arguments.GetValue(ifMissing))
            {
                await BotSchema.LoadAsync(settings, name, owner, password, cancellation);
            }
            else if (!await BotSchema.EnsureAsync(settings, name, owner, password, cancellation))
            {
                lines.Say($"Database {name} has the stand-in's schema already.");
                return (int)ExitCode.Done;
            }

            lines.Say($"Database {name} has the stand-in's schema.");
            if (arguments.GetValue(size) is var bytes and > 0)
                await BotData.FillAsync(settings with { Database = name }, bytes, arguments.GetValue(seed), lines, cancellation);
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Command CreateRun()
    {
        var connection = Connection("The owner's connection, URI or keywords; the password comes from PGPASSWORD or the passfile.");
        connection.Required = false;
        var file = new Option<FileInfo>("--env") { Description = "The bot's .env, which says how the database is reached, instead of --connection." };
        var database = Database("Another database than the connection names.");
        var acks = new Option<FileInfo>("--acks") { Description = "The acknowledgement log, outside the database.", Required = true };
        var rate = new Option<double>("--rate") { Description = "Messages a second.", DefaultValueFactory = _ => 20 };
        var seed = Seed();
        var command = new Command("run", "Writes as the bot does until stopped, and logs each heartbeat that the server acknowledged.")
        {
            connection, file, database, acks, rate, seed,
        };
        command.Validators.Add(result =>
        {
            if ((result.GetResult(connection) is null) == (result.GetResult(file) is null))
                result.AddError("Say how the database is reached: either --connection or --env.");
        });
        command.SetAction(async (arguments, cancellation) =>
        {
            var settings = arguments.GetValue(file) is { } env
                ? BotEnvironmentFile.ReadConnection(env.FullName)
                : Settings(arguments.GetRequiredValue(connection));
            var standIn = new BotStandIn(
                new BotOptions
                {
                    Connection = arguments.GetValue(database) is { } other ? settings with { Database = other } : settings,
                    AcknowledgementPath = arguments.GetRequiredValue(acks).FullName,
                    MessagesPerSecond = arguments.GetValue(rate),
                    Seed = arguments.GetValue(seed),
                },
                new Lines(arguments.InvocationConfiguration));
            await standIn.RunAsync(cancellation);
            var done = standIn.Status;
            await arguments.InvocationConfiguration.Output.WriteLineAsync(
                $"{done.Messages} messages, {done.Heartbeats} heartbeats, "
                + $"{done.Starts} starts, {done.RefusedStatements} refused statements.");
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Option<string> Connection(string description) => new("--connection") { Description = description, Required = true };

    private static Option<string> Database(string description) => new("--database") { Description = description };

    private static Option<ulong> Seed() => new("--seed") { Description = "Another seed gives other rows.", DefaultValueFactory = _ => 1 };

    private static ConnectionSettings Settings(string text)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(pair => (string)pair.Key, pair => (string)pair.Value!);
        var settings = ConnectionSettings.Parse(text, environment);
        Environment.SetEnvironmentVariable("PGPASSWORD", null);
        return settings;
    }

    // Secrets by environment are removed after reading.
    private static string? Take(string variable)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, null);
        return string.IsNullOrEmpty(value) ? null : value;
    }

    internal static bool TryReadSize(string text, out long bytes)
    {
        (string Unit, long Bytes)[] units =
            [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1)];
        var unit = units.FirstOrDefault(one => text.EndsWith(one.Unit, StringComparison.Ordinal), ("", 1));
        var isNumber = decimal.TryParse(
            text[..^unit.Unit.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        var isSize = isNumber && number > 0 && number < long.MaxValue / unit.Bytes;
        bytes = isSize ? (long)(number * unit.Bytes) : 0;
        return isSize;
    }

    private sealed class Lines(InvocationConfiguration console) : IProgressReporter
    {
        public void Stage(string name, long? totalBytes = null) => console.Output.WriteLine(name);

        public void Advance(long bytes)
        {
        }

        public void Say(string line) => console.Output.WriteLine(line);

        public void Warn(string line) => console.Error.WriteLine(line);
    }
}
