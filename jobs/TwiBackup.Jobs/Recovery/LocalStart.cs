using TwiBackup.Postgres;

namespace TwiBackup.Recovery;

/// <summary>Starts a restored cluster by PostgreSQL's own <c>pg_ctl</c>, with its own configuration, to stay when we end.</summary>
internal static class LocalStart
{
    private const string LogName = "postgresql.log";

    /// <summary>Returns when the server accepts connections. Nothing happens when it runs already.</summary>
    public static async Task<string> RunAsync(RecoveredDatabase database, CancellationToken cancellationToken)
    {
        if (ServerProcesses.Find(database.DataDirectory, null).Count > 0)
            return $"PostgreSQL runs on {database.DataDirectory}.";
        var log = Path.Combine(database.DataDirectory, LogName);
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = database.Installation.Tool("pg_ctl"),
                Arguments = ["start", "-D", database.DataDirectory, "-l", log, "-w", "-t", "600", "-s"],
                Account = database.Account,
                WorkingDirectory = database.DataDirectory,
                OwnSession = true,
            },
            cancellationToken);
        result.ThrowIfFailed($"Starting PostgreSQL on {database.DataDirectory}", $"See {log}; is its port taken, or its socket's folder missing?");
        return $"PostgreSQL runs on {database.DataDirectory}; its log is {log}.";
    }
}
