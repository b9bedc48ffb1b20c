using System.Text.RegularExpressions;
using TwiBackup.Postgres;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// One archive while it is read from the store: what it holds, the statements that make its database, and its content, all by pg_restore.
/// A pipe can't be read by several workers, so it is loaded by one.
/// </summary>
internal sealed partial class Archive
{
    private const int MostKept = 64 << 20;

    private readonly PostgresInstallation tools;
    private readonly RewindableStream content;

    private Archive(PostgresInstallation tools, RewindableStream content) => (this.tools, this.content) = (tools, content);

    /// <summary>What it holds, one entry a line, as <c>pg_restore --use-list</c> takes it.</summary>
    public IReadOnlyList<string> Entries { get; private set; } = [];

    /// <summary>Reads the list of contents.</summary>
    /// <param name="plain">The archive; the caller reads its rest, if any.</param>
    /// <param name="tools">Whose pg_restore is used.</param>
    /// <param name="read">Told how many bytes were read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">It is no archive, or one that ends before its content begins.</exception>
    public static async Task<Archive> OpenAsync(Stream plain, PostgresInstallation tools, Action<long> read, CancellationToken cancellationToken)
    {
        var archive = new Archive(tools, new RewindableStream(plain, MostKept, read));
        var listed = await archive.RunAsync(["--list", "--create"], null, cancellationToken);
        if (listed.ExitCode != 0)
            throw new InvalidDataException($"pg_restore can't read it: {listed.Reason.TrimEnd('.')}");
        archive.Entries = [.. listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith(';'))];
        return archive;
    }

    /// <summary>
    /// The statements that make the database and give it its owner, and those that give it settings, rights and comment once it is full;
    /// all with <paramref name="name"/> in the place of the name that it had.
    /// </summary>
    public async Task<(IReadOnlyList<string> Make, IReadOnlyList<string> Finish)> DatabaseAsync(string name, CancellationToken cancellationToken)
    {
        content.Rewind(forTheLastTime: false);
        var written = await RunAsync(["--create", "--file=-", "--no-tablespaces"], Entries.Where(e => OfTheDatabase().IsMatch(e)), cancellationToken);
        written.ThrowIfToolFailed("pg_restore", "The archive does not say how its database was made.");
        var statements = SqlText.Statements(written.Output).Where(s => DatabaseStatement().IsMatch(s)).ToList();
        const string Create = "CREATE DATABASE ";
        if (statements.Find(s => s.StartsWith(Create, StringComparison.Ordinal)) is not { } create || SqlText.NameAt(create, Create.Length) is not { } old)
            throw new InvalidDataException("the archive does not say how its database was made");
        // As it is written there, with its quotes.
        var (before, after) = ($"DATABASE {create[Create.Length..old.End]}", $"DATABASE {Sql.Name(name)}");
        var renamed = statements.Select(s => SqlText.Find(s, before) is var at and >= 0 ? s.Remove(at, before.Length).Insert(at, after) : s).ToList();
        return ([.. renamed.Where(IsMake)], [.. renamed.Where(s => !IsMake(s))]);

        bool IsMake(string statement) => statement.StartsWith(Create, StringComparison.Ordinal) || statement.StartsWith($"ALTER {after} OWNER TO ", StringComparison.Ordinal);
    }

    /// <summary>
    /// Loads everything but the rows of materialized views, which are made of others'. Can be done once.
    /// </summary>
    public async Task LoadAsync(ConnectionSettings database, CancellationToken cancellationToken)
    {
        content.Rewind(forTheLastTime: true);
        using var environment = ToolEnvironment.For(database);
        var result = await RunAsync(
            ["--dbname", database.Database, "--exit-on-error", "--no-tablespaces", "--no-password"],
            Entries.Where(e => !ViewData().IsMatch(e)), cancellationToken, environment);
        result.ThrowIfToolFailed($"pg_restore into {database.Host}", "What was there before is as it was.");
    }

    private async Task<ChildResult> RunAsync(
        IReadOnlyList<string> arguments, IEnumerable<string>? entries, CancellationToken cancellationToken, ToolEnvironment? environment = null)
    {
        using var list = entries is null ? null : new SecretFile(string.Concat(entries.Select(e => e + "\n")), reader: null);
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = tools.Tool("pg_restore"),
                Arguments = list is null ? arguments : [.. arguments, "--use-list", list.Path],
                Environment = environment?.Variables ?? new Dictionary<string, string?>(),
                Input = content,
            },
            cancellationToken);
        content.ThrowIfFailed();
        return result;
    }

    // "3363; 0 0 ACL - DATABASE name owner"
    [GeneratedRegex(@"^\d+; \d+ \d+ (ACL|COMMENT|SECURITY LABEL) - DATABASE ")]
    private static partial Regex OfTheDatabase();

    [GeneratedRegex(@"^\d+; \d+ \d+ MATERIALIZED VIEW DATA ")]
    private static partial Regex ViewData();

    [GeneratedRegex("^(CREATE DATABASE|ALTER DATABASE|ALTER ROLE|COMMENT ON DATABASE|SECURITY LABEL|GRANT|REVOKE|SET SESSION AUTHORIZATION|RESET SESSION AUTHORIZATION) ?")]
    private static partial Regex DatabaseStatement();
}
