using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Files;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Scheduling;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Rehearsal;

/// <summary>
/// The system that is rehearsed on: a PostgreSQL with the bot's database, a receiver and a bot that write, each a process of its own, and
/// a store. Everything but the store, the keys and the acknowledgement log is on "the host", which a disaster takes away whole.
/// </summary>
internal sealed class LocalSystem : IAsyncDisposable
{
    /// <summary>The system's name in the policy and the store.</summary>
    public const string Name = "rehearsal";

    public const string Slot = "twibackup";

    private const string Superuser = "postgres";
    private const string Replicator = "replicator";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly RehearsalOptions options;
    private readonly IProgressReporter progress;
    private readonly ScratchFolder scratch;
    private readonly string root;
    private readonly string superuserPassword = RandomNumberGenerator.GetHexString(24);
    private readonly string replicatorPassword = RandomNumberGenerator.GetHexString(24);
    private readonly string botPassword = RandomNumberGenerator.GetHexString(24);
    private readonly int port = LocalServer.FreePort();
    private Process? receiver;
    private Process? bot;
    private LocalServer? server;

    private LocalSystem(RehearsalOptions options, PostgresInstallation installation, ServerAccount account, IProgressReporter progress, ScratchFolder scratch)
    {
        this.options = options;
        this.progress = progress;
        this.scratch = scratch;
        root = scratch.Path;
        Installation = installation;
        Account = account;
    }

    public PostgresInstallation Installation { get; }

    public ServerAccount Account { get; }

    /// <summary>The data directory on the host.</summary>
    public string DataDirectory => Path.Combine(Host, "data");

    /// <summary>What the stand-in was told to have been kept, written outside of the host.</summary>
    public string AckPath => Path.Combine(root, "acknowledged.log");

    public string PolicyPath => Path.Combine(root, "twibackup.json");

    public string Folder => root;

    public IObjectStore Store { get; private set; } = null!;

    /// <summary>The sets, with the identity: this is the operator's seat, not the host.</summary>
    public SetCatalog Catalog { get; private set; } = null!;

    public ConnectionSettings SuperuserConnection => Tcp(Superuser, superuserPassword, "postgres");

    public ConnectionSettings BotConnection => Tcp(BotSchema.DefaultRole, botPassword, BotSchema.DefaultDatabase);

    public ConnectionSettings ReplicatorConnection => Tcp(Replicator, replicatorPassword, "postgres");

    private string Host => Path.Combine(root, "host");

    private string Keys => Path.Combine(root, "keys");

    /// <summary>Builds the system: keys, policy, store, server, data.</summary>
    public static async Task<LocalSystem> BuildAsync(RehearsalOptions options, IProgressReporter progress, CancellationToken cancellationToken)
    {
        var installation = PostgresInstallation.Find(null, options.Environment);
        var account = ServerAccount.Resolve(options.Environment);
        var system = new LocalSystem(options, installation, account, progress, new ScratchFolder(Path.GetTempPath(), passable: true));
        try
        {
            await system.BuildAsync(cancellationToken);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the receiver as a process and waits until the server streams to it.</summary>
    public async Task StartReceiverAsync(CancellationToken cancellationToken)
    {
        receiver = StartSelf(["wal", "receive", "--policy", PolicyPath], "receiver.log", new Dictionary<string, string> { ["PGPASSWORD"] = replicatorPassword });
        await using var session = await QueryConnection.OpenAsync(SuperuserConnection, cancellationToken);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (await session.AskAsync<bool>("select exists (select from pg_replication_slots where slot_name = $1 and active)", cancellationToken, Slot))
                return;
            if (receiver.HasExited || watch.Elapsed > StartTimeout)
                throw new TwiBackupException($"The WAL receiver did not start; its log ends: {LastLine("receiver.log")}");
            await Task.Delay(20, cancellationToken);
        }
    }

    /// <summary>Starts the bot stand-in as a process; it reconnects by itself whenever the database comes back.</summary>
    public void StartBot() => bot = StartSelf(
        [
            "bot", "run", "--connection", $"host=127.0.0.1 port={port} user={BotSchema.DefaultRole} dbname={BotSchema.DefaultDatabase} sslmode=disable",
            "--acks", AckPath, "--rate", options.Rate.ToString(CultureInfo.InvariantCulture),
        ],
        "bot.log",
        new Dictionary<string, string> { ["PGPASSWORD"] = botPassword });

    /// <summary>Takes a full backup as the writer would.</summary>
    public Task<BackupSet> BackUpAsync(CancellationToken cancellationToken) =>
        new FullBackup(Catalog, ReplicatorConnection, new FullBackupOptions { Keep = TimeSpan.FromDays(30) }, TimeProvider.System, progress).RunAsync(cancellationToken);

    /// <summary>
    /// The disaster: receiver and database are killed in the same instant, nothing is flushed, then everything that was on the host is
    /// deleted.
    /// </summary>
    public Disaster Destroy()
    {
        var running = receiver ?? throw new InvalidOperationException("No receiver runs.");
        var began = MonotonicInstant.Now();
        running.Kill();
        server!.Kill();
        var dead = MonotonicInstant.Now();
        running.WaitForExit();
        running.Dispose();
        receiver = null;
        Directory.Delete(Host, recursive: true);
        return new Disaster(began, dead);
    }

    /// <summary>Gives up what is left of the server's process after <see cref="Destroy"/>.</summary>
    public async Task ForgetServerAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
        server = null;
    }

    /// <summary>Makes the empty place that a new host would be.</summary>
    public void ProvisionHost()
    {
        Directory.CreateDirectory(Host, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Account.Chown(Host);
    }

    /// <summary>Opens the database for business: the server on its port.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        server = await LocalServer.StartAsync(
            DataDirectory,
            new LocalServerOptions
            {
                Installation = Installation,
                Account = Account,
                Port = port,
                ListenAddresses = "127.0.0.1",
                Settings = new Dictionary<string, string> { ["max_wal_size"] = "1GB" },
                StartTimeout = StartTimeout,
            },
            cancellationToken);
    }

    /// <summary>Waits until the bot has an answer for a heartbeat that it sent after <paramref name="after"/>; returns when it had it.</summary>
    public async Task<MonotonicInstant> WaitForHeartbeatAsync(MonotonicInstant after, int beats, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (HasLine(AckPath))
            {
                var newer = AckLog.Read(AckPath).Records.Where(r => r.Ticks > after.Ticks).ToList();
                if (newer.Count >= beats)
                    return new MonotonicInstant(newer[beats - 1].Ticks, newer[beats - 1].AcknowledgedAt, after.Boot);
            }

            if (bot is null or { HasExited: true } || watch.Elapsed > StartTimeout)
                throw new TwiBackupException($"The bot stand-in does not write; its log ends: {LastLine("bot.log")}");
            await Task.Delay(10, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in (Process?[])[bot, receiver])
        {
            if (process is null)
                continue;
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }

        await ForgetServerAsync();
        if (Store is not null)
            await Store.DisposeAsync();
        if (options.Keep)
            scratch.Keep();
        scratch.Dispose();
    }

    private async Task BuildAsync(CancellationToken cancellationToken)
    {
        progress.Stage("system");
        var keys = await WriteKeysAsync(cancellationToken);
        var url = options.Store;
        if (url is null)
        {
            var folder = Path.Combine(root, "store");
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            url = "file://" + folder;
        }

        await WritePolicyAsync(url, keys, cancellationToken);
        Store = ObjectStoreFactory.Open(url, options.Environment);
        Catalog = new SetCatalog(Store, Name, keys);

        ProvisionHost();
        await LocalServer.InitAsync(
            Installation, Account, DataDirectory, new InitOptions { Superuser = Superuser, Password = superuserPassword }, cancellationToken);
        await File.AppendAllTextAsync(Path.Combine(DataDirectory, "pg_hba.conf"), "host replication all 127.0.0.1/32 scram-sha-256\n", cancellationToken);
        await OpenAsync(cancellationToken);
        await using (var session = await QueryConnection.OpenAsync(SuperuserConnection, cancellationToken))
        {
            await session.RunAsync($"create role {Replicator} login replication password '{ScramVerifier.Make(replicatorPassword)}'", cancellationToken);
            await session.RunAsync($"grant pg_monitor to {Replicator}", cancellationToken);
        }

        await BotSchema.LoadAsync(SuperuserConnection, BotSchema.DefaultDatabase, BotSchema.DefaultRole, botPassword, cancellationToken);
        await BotData.FillAsync(SuperuserConnection with { Database = BotSchema.DefaultDatabase }, options.Size, seed: 1, progress, cancellationToken);
    }

    private async Task<KeyRing> WriteKeysAsync(CancellationToken cancellationToken)
    {
        var keys = await KeyFiles.GenerateAsync(Keys, TimeProvider.System, cancellationToken);
        return new KeyRing(
            [keys.Recipient],
            await KeyFiles.ReadIdentitiesAsync(keys.IdentityFile, cancellationToken),
            await KeyFiles.ReadSigningKeyAsync(keys.SigningFile, cancellationToken),
            [keys.SigningPublic]);
    }

    private async Task WritePolicyAsync(string storeUrl, KeyRing keys, CancellationToken cancellationToken)
    {
        await using var file = File.Create(PolicyPath);
        await using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("system", Name);
        json.WriteStartObject("database");
        json.WriteString("mode", "physical");
        json.WriteString("connection", $"host=127.0.0.1 port={port} user={Replicator} dbname=postgres sslmode=disable");
        json.WriteString("password", "env:PGPASSWORD");
        json.WriteString("slot", Slot);
        json.WriteEndObject();
        json.WriteStartObject("stores");
        json.WriteString("primary", storeUrl);
        json.WriteEndObject();
        json.WriteStartObject("keys");
        WriteList(json, "recipients", keys.Recipients);
        json.WriteString("identity", $"file:{Path.Combine(Keys, KeyFiles.IdentityName)}");
        json.WriteString("signingKey", $"file:{Path.Combine(Keys, KeyFiles.SigningName)}");
        WriteList(json, "trusted", keys.Trusted);
        json.WriteEndObject();
        json.WriteStartObject("backups");
        WriteSchedule(json, "full", "0 2 * * *", "30d", null);
        WriteSchedule(json, "incremental", "0 * * * *", "7d", "1s");
        json.WriteEndObject();
        json.WriteString("recoveryWindow", "7d");
        json.WriteStartObject("objectives");
        json.WriteStartObject("database");
        json.WriteString("rpo", Milliseconds(options.DatabaseRpo));
        json.WriteString("rto", Milliseconds(options.DatabaseRto));
        json.WriteEndObject();
        json.WriteStartObject("system");
        json.WriteString("rto", Milliseconds(options.DatabaseRto));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value!.ToString());
        json.WriteEndArray();
    }

    private static void WriteSchedule(Utf8JsonWriter json, string name, string schedule, string keep, string? flushInterval)
    {
        json.WriteStartObject(name);
        json.WriteString("schedule", schedule);
        json.WriteString("keep", keep);
        if (flushInterval is not null)
            json.WriteString("flushInterval", flushInterval);
        json.WriteEndObject();
    }

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Ceiling(time.TotalMilliseconds)}ms");

    private ConnectionSettings Tcp(string user, string password, string database) => new()
    {
        Host = "127.0.0.1",
        Port = port,
        User = user,
        Password = password,
        Database = database,
        SslMode = "disable",
    };

    /// <summary>
    /// This program again, as another process: what is killed must be one. Its standard input ends when we do, and it with that.
    /// </summary>
    private Process StartSelf(IEnumerable<string> arguments, string logName, IReadOnlyDictionary<string, string> secrets)
    {
        var self = options.Program ?? OwnExecutable.Path;
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = root, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("log=$1; shift; exec \"$@\" >>\"$log\" 2>&1");
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(Path.Combine(root, logName));
        start.ArgumentList.Add(self);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in secrets)
            start.Environment[name] = value;
        start.Environment[JobEnvironment.Supervised] = "1";
        return Process.Start(start) ?? throw new TwiBackupException($"{self} could not be started.");
    }

    /// <summary>The bot makes the file a moment before it has written its first line.</summary>
    private static bool HasLine(string path)
    {
        if (!File.Exists(path))
            return false;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadLine() is not null && !reader.EndOfStream;
    }

    private string LastLine(string logName)
    {
        var path = Path.Combine(root, logName);
        return File.Exists(path) ? File.ReadLines(path).LastOrDefault(l => l.Length > 0) ?? "(nothing)" : "(no log)";
    }
}
