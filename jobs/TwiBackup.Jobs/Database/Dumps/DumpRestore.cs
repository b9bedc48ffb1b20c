using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// Restores a dump into a running server: roles first, then each database beside whatever is there, proven by the rows and digests that were
/// counted when it was dumped, and only then, all at once, under its name. Whatever fails before leaves every database as it was.
/// </summary>
/// <param name="catalog">Where the sets lie.</param>
/// <param name="target">The server, as a superuser or a role that may create databases and roles.</param>
/// <param name="findTools">The installation whose pg_restore reads what a pg_dump of a major version wrote.</param>
/// <param name="options">What is restored and how.</param>
/// <param name="clock">For names and choice.</param>
/// <param name="progress">Told what is done.</param>
public sealed class DumpRestore(
    SetCatalog catalog, ConnectionSettings target, Func<int, PostgresInstallation> findTools, DumpRestoreOptions options, TimeProvider clock,
    IProgressReporter progress)
{
    private readonly string runId = SetId.Create(clock.GetUtcNow());

    /// <summary>Restores the set chosen; when its content is damaged the one before, which is said.</summary>
    /// <exception cref="TwiBackupException">Nothing was replaced: a name is taken, a set is damaged, the server refused.</exception>
    public async Task<DumpRestoreResult> RunAsync(CancellationToken cancellationToken)
    {
        SetArchive.RequireIdentity(catalog);
        var sets = await SetChoice.FindAsync(catalog, SetKind.Dump, options.SetId, options.At, clock.GetUtcNow(), progress, cancellationToken);
        return await SetChoice.UseFirstGoodAsync(
            catalog, sets,
            set => options.Tables.Count > 0
                ? new TableRestore(catalog, set, target, findTools, options, runId, progress).RunAsync(cancellationToken)
                : RestoreAsync(set, cancellationToken),
            progress, cancellationToken);
    }

    private async Task<DumpRestoreResult> RestoreAsync(BackupSet set, CancellationToken cancellationToken)
    {
        var facts = DumpSet.Facts(catalog, set);
        var chosen = DumpSet.Choose(set, options.Databases);
        if (options.As is not null && chosen.Count > 1)
            throw new TwiBackupException(ExitCode.WrongUse, $"--as names one database, and {chosen.Count} would be restored. Choose one with --database.");
        var steps = chosen.Select((source, i) => new Step(source, options.As ?? source.Name, DumpNames.Beside(runId, i + 1))).ToList();
        await using var server = await DumpTarget.OpenAsync(target, [.. steps.Select(s => s.Name)], cancellationToken);
        await server.RequireFitAsync(set, chosen, cancellationToken);
        foreach (var step in steps)
            step.IsTaken = await RequireFreeAsync(server, step.Name, cancellationToken);
        foreach (var left in await server.LeftoversAsync(cancellationToken))
            progress.Warn($"A restore that did not end left the database {left}. If nobody needs it: DROP DATABASE {Sql.Name(left)};");

        var tools = findTools(int.Parse(facts.ToolVersion.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture));
        var roles = await RestoreRolesAsync(set, server, cancellationToken);
        var beside = new List<DatabaseBeside>();
        try
        {
            foreach (var step in steps)
                beside.Add(await DatabaseBeside.RestoreAsync(
                    catalog, set, step.Source, tools, server.Session, target with { Database = step.Beside }, progress, cancellationToken));
        }
        catch
        {
            foreach (var one in beside)
                await one.TryDropAsync(progress);
            throw;
        }

        await SwapAsync(server, steps, cancellationToken);
        return new DumpRestoreResult(
            set, roles, [.. steps.Zip(beside, (step, one) => new RestoredDatabase(step.Source, step.Name, Aside(step), one.EmptyViews))], []);
    }

    /// <summary>Whether the name is taken; throws when it may not be, or when somebody is connected who may not be disconnected.</summary>
    private async Task<bool> RequireFreeAsync(DumpTarget server, string name, CancellationToken cancellationToken)
    {
        if (!await server.HasAsync(name, cancellationToken))
            return false;
        if (!options.Replace)
            throw new TwiBackupException(ExitCode.WrongUse, $"{server.Settings.Host} has a database \"{name}\" already, and nothing is restored over it. Add --replace (it is renamed and kept), or restore beside it with --as NAME.");
        if (!options.Disconnect && await DatabaseSessions.DescribeAsync(server.Session, name, cancellationToken) is { } sessions)
            throw new TwiBackupException(ExitCode.WrongUse, $"Database \"{name}\" is in use, so it can't be replaced: {sessions}. Stop them first, or add --disconnect.");
        return true;
    }

    private async Task<RestoredRoles> RestoreRolesAsync(BackupSet set, DumpTarget server, CancellationToken cancellationToken)
    {
        progress.Stage("roles");
        var globals = await Globals.ReadAsync(catalog, set, progress, cancellationToken);
        var roles = await RoleRestore.RunAsync(globals, server.Session, cancellationToken);
        if (roles.Refused.Count > 0)
            progress.Warn($"{server.Settings.User} may not create the role{(roles.Refused.Count > 1 ? "s" : "")} {string.Join(", ", roles.Refused)} ({roles.RefusedBecause}): let a superuser do it; what belongs to them can't be restored before.");
        foreach (var grant in roles.NotGranted)
            progress.Warn($"Not granted: {grant}.");
        return roles;
    }

    private async Task SwapAsync(DumpTarget server, List<Step> steps, CancellationToken cancellationToken)
    {
        try
        {
            var swap = new DatabaseSwap(server.Session, server.Settings, options.Disconnect);
            await swap.RunAsync([.. steps.Select(s => (s.Beside, s.Name, Aside(s)))], cancellationToken);
        }
        catch (Exception e) when (e is TwiBackupException or Npgsql.NpgsqlException)
        {
            // Proven, and perhaps the work of hours: not thrown away because somebody is connected.
            var reason = e is Npgsql.NpgsqlException refused ? $"The databases could not be renamed: {SqlText.Reason(refused)}." : e.Message;
            var kept = string.Join("; ", steps.Select(s => $"{(Aside(s) is { } aside ? $"ALTER DATABASE {Sql.Name(s.Name)} RENAME TO {Sql.Name(aside)}; " : "")}ALTER DATABASE {Sql.Name(s.Beside)} RENAME TO {Sql.Name(s.Name)};"));
            throw new TwiBackupException($"{reason} Nothing was renamed. What was restored is proven and kept; to put it in its place by hand: {kept}", e);
        }
    }

    private string? Aside(Step step) => step.IsTaken ? DumpNames.Aside(step.Name, runId) : null;

    /// <summary>A database on its way: under the temporary name, then under its own.</summary>
    private sealed record Step(DumpedDatabase Source, string Name, string Beside)
    {
        public bool IsTaken { get; set; }
    }
}
