using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// Runs pg_dump or pg_dumpall into an object of a set while it runs. Only one that ended with 0 completes the object: half a dump looks
/// like a whole one to whoever only sees bytes.
/// </summary>
internal sealed class DumpTool(PostgresInstallation tools, ConnectionSettings connection, IProgressReporter progress)
{
    private const int BufferSize = 256 << 10;

    /// <summary>What an archive of pg_dump's custom format begins with.</summary>
    private static ReadOnlySpan<byte> ArchiveMark => "PGDMP"u8;

    /// <summary>The roles and what belongs to them, as SQL.</summary>
    /// <param name="passwords">Whether with their password hashes, which only a superuser can read.</param>
    /// <param name="target">Takes the text; completed when this returns.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task WriteGlobalsAsync(bool passwords, SetObjectWriter target, CancellationToken cancellationToken)
    {
        List<string> arguments = ["--globals-only", "--no-password"];
        if (!passwords)
            arguments.Add("--no-role-passwords");
        // Its first connection; it would take a name with "=" for a connection string.
        if (!connection.Database.Contains('=', StringComparison.Ordinal) && !connection.Database.Contains("://", StringComparison.Ordinal))
            arguments.AddRange(["-l", connection.Database]);
        return RunAsync("pg_dumpall", arguments, connection, target, isArchive: false, cancellationToken);
    }

    /// <summary>One database as an archive, uncompressed: what seals it compresses it.</summary>
    /// <param name="database">Its name.</param>
    /// <param name="snapshot">What it is dumped from.</param>
    /// <param name="lockTimeout">The longest wait for a table.</param>
    /// <param name="target">Takes the archive; completed when this returns.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task WriteDatabaseAsync(
        string database, DumpSnapshot snapshot, TimeSpan lockTimeout, SetObjectWriter target, CancellationToken cancellationToken) =>
        RunAsync(
            "pg_dump",
            [
                "--format=custom", "--compress=0", "--no-password", $"--snapshot={snapshot.Id}",
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"--lock-wait-timeout={(long)lockTimeout.TotalMilliseconds}"),
            ],
            connection with { Database = database }, target, isArchive: true, cancellationToken);

    private async Task RunAsync(
        string tool, IReadOnlyList<string> arguments, ConnectionSettings to, SetObjectWriter target, bool isArchive, CancellationToken cancellationToken)
    {
        using var environment = ToolEnvironment.For(to);
        await using var child = ChildProcess.Start(
            new ChildProcessOptions { Program = tools.Tool(tool), Arguments = arguments, Environment = environment.Variables });
        var buffer = new byte[BufferSize];
        var first = true;
        while (await child.StandardOutput.ReadAtLeastAsync(buffer, first ? ArchiveMark.Length : 1, throwOnEndOfStream: false, cancellationToken) is var read and > 0)
        {
            if (first && isArchive && !buffer.AsSpan(0, read).StartsWith(ArchiveMark))
                throw new TwiBackupException($"{tools.Tool(tool)} wrote something else than an archive. Is it PostgreSQL's own?");
            first = false;
            await target.Content.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            progress.Advance(read);
        }

        var result = await child.WaitAsync(cancellationToken);
        if (result.ExitCode != 0 && result.ErrorOutput.Contains("LOCK TABLE", StringComparison.Ordinal))
            throw new TwiBackupException($"{tool} of {to.Database} waited too long for a table: {await LockHolders.DescribeAsync(to, "", cancellationToken)}. "
                + "End it or wait, or raise backups.dump.lockTimeout. Nothing was committed.");
        result.ThrowIfToolFailed($"{tool} of {to.Database}", "Nothing was committed; take the dump again when that is mended.");
        if (first)
            throw new TwiBackupException($"{tool} of {to.Database} ended well and wrote nothing. Nothing was committed; run {tools.Tool(tool)} by hand to see why.");
        await target.CompleteAsync(cancellationToken);
    }
}
