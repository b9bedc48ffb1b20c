using System.Diagnostics;
using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Files;
using TwiBackup.Postgres;

namespace TwiBackup.Recovery;

/// <summary>The data directory that a recovery fills: what is in it, and how it is made free without losing anything.</summary>
internal sealed class DataPlace(string path)
{
    private static readonly TimeSpan DeathPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private bool IsHalfRestored => File.Exists(Path.Combine(path, RestoreTarget.MarkerName));

    /// <summary>Whether the cluster that the journal describes lies there whole.</summary>
    public async Task<bool> HoldsAsync(RecoveredDatabase database, CancellationToken cancellationToken)
    {
        if (IsHalfRestored || !File.Exists(Path.Combine(path, BaseExtractor.ControlFile)))
            return false;
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions { Program = database.Installation.Tool("pg_controldata"), Arguments = [path], Account = database.Account },
            cancellationToken);
        if (result.ExitCode != 0)
            return false;
        return Value("Database system identifier") == database.SystemIdentifier
            && Value("Latest checkpoint's TimeLineID") == database.Timeline.ToString(CultureInfo.InvariantCulture);

        string? Value(string name) => result.Output.Split('\n')
            .FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..].Trim();
    }

    /// <summary>
    /// A killed run leaves the private server of its restore behind, in a session of its own. It serves nobody, and its directory is begun
    /// anew.
    /// </summary>
    public async Task EndLeftoversAsync(CancellationToken cancellationToken)
    {
        if (!IsHalfRestored)
            return;
        var watch = Stopwatch.StartNew();
        while (ServerProcesses.Find(path, null) is { Count: > 0 } left)
        {
            if (watch.Elapsed > DeathPatience)
                throw new TwiBackupException($"Processes {string.Join(", ", left)} of an interrupted restore still hold {path}. End them, then go on.");
            foreach (var process in left)
                ServerProcesses.Signal(process, ServerProcesses.Kill);
            await Task.Delay(Poll, cancellationToken);
        }
    }

    /// <summary>Checks that the place is free, or can be made so; touches nothing. False: there is something to move.</summary>
    /// <exception cref="TwiBackupException">It is not, and can't be; wrong use.</exception>
    public bool RequireFree(bool isOurs, bool mayMove)
    {
        if (File.Exists(path))
            throw new TwiBackupException(ExitCode.WrongUse, $"{path} is a file. Name an empty or new directory.");
        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any() || (isOurs && IsHalfRestored))
            return true;
        if (ServerProcesses.Find(path, null) is { Count: > 0 } running)
            throw new TwiBackupException(ExitCode.WrongUse, $"A PostgreSQL server runs on {path} (process {running[0]}). Stop it first, or name another directory.");
        if (!mayMove)
            throw new TwiBackupException(ExitCode.WrongUse, $"{path} is not empty, and nothing is restored over what exists. Add --yes to keep it aside, or name another directory.");
        var parent = Path.GetDirectoryName(path.TrimEnd('/'));
        if (parent is null || FileCalls.Facts(parent)?.Identity.Device != FileCalls.Facts(path)?.Identity.Device)
            throw new TwiBackupException(ExitCode.WrongUse, $"{path} is a mount point and not empty, so it can't be kept aside by renaming it. Empty it, or name a folder in it.");
        return false;
    }

    /// <summary>
    /// Makes the place free: what is there is renamed, unless it is what this recovery left by half. Returns where it lies now; null: there
    /// was nothing to move.
    /// </summary>
    public string? MoveAside(bool isOurs, bool mayMove, DateTimeOffset now)
    {
        if (RequireFree(isOurs, mayMove))
            return null;
        var aside = AsideName.Of(path.TrimEnd('/'), SetId.Create(now));
        Directory.Move(path, aside);
        return aside;
    }
}
