using System.Globalization;

namespace TwiBackup.Postgres.Replication;

/// <summary>
/// A connection to a walsender (<see href="https://www.postgresql.org/docs/current/protocol-replication.html">streaming replication
/// protocol</see>).
/// One command at a time; not thread safe but for <see cref="WalStream.SendStatusAsync"/>.
/// Throws <see cref="TwiBackupException"/> with remedy for: server down, wrong password, no REPLICATION privilege, TLS refused;
/// <see cref="PostgresErrorException"/> for what the server says later.
/// </summary>
public sealed class ReplicationConnection : IAsyncDisposable
{
    private const int _firstWithOptionLists = 150000;
    private static readonly byte[] _terminate = new WireBuilder('X').Build();
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(1);

    private readonly Commander _commander;
    private bool _disposed;

    private ReplicationConnection(Commander commander)
    {
        _commander = commander;
        ServerVersion = ReadVersion(commander.Session.Parameters.GetValueOrDefault("server_version") ?? "");
    }

    public static async Task<ReplicationConnection> ConnectAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        var (wire, session) = await Dialer.OpenAsync(settings, cancellationToken);
        return new ReplicationConnection(new Commander(wire, session));
    }

    /// <summary>server_version_num, e.g. 150018.</summary>
    public int ServerVersion { get; }

    /// <summary>The backend's process id on the server.</summary>
    public int BackendProcessId => _commander.Session.BackendProcessId;

    /// <summary>Whether the connection is encrypted by TLS.</summary>
    public bool IsEncrypted => _commander.Wire.ServerCertificate is not null;

    /// <summary>What the server warned of on this connection, oldest first, at most 1000 lines; e.g. wrong page checksums during a base
    /// backup.</summary>
    public IReadOnlyList<string> Notices => _commander.Session.Notices;

    public async Task<SystemIdentity> IdentifySystemAsync(CancellationToken cancellationToken)
    {
        var row = await SingleRowAsync("IDENTIFY_SYSTEM", cancellationToken);
        return ulong.TryParse(Commander.Text(row, 0), CultureInfo.InvariantCulture, out var identifier)
            ? new SystemIdentity(identifier, Commander.ReadTimeline(row, 1), Commander.ReadLsn(row, 2))
            : throw BodyReader.Malformed();
    }

    /// <summary>SHOW name, e.g. wal_segment_size ("16MB"), data_directory_mode, wal_level.</summary>
    public async Task<string> ShowAsync(string parameter, CancellationToken cancellationToken)
    {
        if (parameter.Length == 0 || !parameter.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.'))
            throw new TwiBackupException(ExitCode.WrongUse, $"\"{parameter}\" is not the name of a setting.");
        return Commander.Text(await SingleRowAsync($"SHOW {parameter}", cancellationToken), 0) ?? "";
    }

    /// <summary>A physical slot that reserves WAL at once. A temporary one ends with this connection.</summary>
    public Task CreateSlotAsync(string name, bool temporary, CancellationToken cancellationToken) =>
        _commander.QueryAsync(
            $"CREATE_REPLICATION_SLOT {Slot(name)}{(temporary ? " TEMPORARY" : "")} PHYSICAL "
                + $"{(ServerVersion >= _firstWithOptionLists ? "(RESERVE_WAL)" : "RESERVE_WAL")}",
            cancellationToken);

    /// <summary>Drops a slot; with <paramref name="wait"/> once nobody uses it any more, else an error when somebody does.</summary>
    public Task DropSlotAsync(string name, bool wait, CancellationToken cancellationToken) =>
        _commander.QueryAsync($"DROP_REPLICATION_SLOT {Slot(name)}{(wait ? " WAIT" : "")}", cancellationToken);

    /// <summary>The state of a physical slot; null when there is none of that name. Servers from 15 on.</summary>
    public async Task<ReplicationSlot?> ReadSlotAsync(string name, CancellationToken cancellationToken)
    {
        if (ServerVersion < _firstWithOptionLists)
            throw new TwiBackupException($"PostgreSQL {ServerVersion / 10000} cannot be asked for a slot over replication. Ask "
                + $"pg_replication_slots.");
        var row = await SingleRowAsync($"READ_REPLICATION_SLOT {Slot(name)}", cancellationToken);
        if (Commander.Text(row, 0) is null)
            return null;
        return new ReplicationSlot(
            Commander.Text(row, 1) is null ? null : Commander.ReadLsn(row, 1),
            Commander.Text(row, 2) is null ? null : Commander.ReadTimeline(row, 2));
    }

    /// <summary>The content of a timeline's history file. Timeline 1 has none.</summary>
    public async Task<TimelineHistoryFile> TimelineHistoryAsync(uint timeline, CancellationToken cancellationToken)
    {
        if (timeline < 2)
            throw new TwiBackupException($"Timeline {timeline} has no history file. Ask for 2 or later.");
        var row = await SingleRowAsync(string.Create(CultureInfo.InvariantCulture, $"TIMELINE_HISTORY {timeline}"), cancellationToken);
        var name = Commander.Text(row, 0);
        var expected = string.Create(CultureInfo.InvariantCulture, $"{timeline:X8}.history");
        // The name becomes part of a path.
        return name == expected && row is [_, { } content] ? new TimelineHistoryFile(name, content) : throw BodyReader.Malformed();
    }

    /// <summary>START_REPLICATION PHYSICAL; <paramref name="slot"/> null: without a slot.</summary>
    public async Task<WalStream> StartReplicationAsync(string? slot, Lsn start, uint timeline, CancellationToken cancellationToken)
    {
        var command = string.Create(
            CultureInfo.InvariantCulture, $"START_REPLICATION {(slot is null ? "" : $"SLOT {Slot(slot)} ")}PHYSICAL {start} TIMELINE "
                + $"{timeline}");
        await _commander.StartAsync(command, cancellationToken);
        return await WalStream.BeginAsync(_commander, cancellationToken);
    }

    /// <summary>BASE_BACKUP of the whole cluster; works on servers 13 to 18.</summary>
    public async Task<BaseBackupStream> StartBaseBackupAsync(BaseBackupOptions options, CancellationToken cancellationToken)
    {
        var optionList = ServerVersion >= _firstWithOptionLists;
        await _commander.StartAsync(options.ToCommand(optionList), cancellationToken);
        return await BaseBackupStream.BeginAsync(_commander, oneStream: optionList, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        using var limit = new CancellationTokenSource(_farewell);
        try
        {
            // So that the server does not log a lost connection, and frees its walsender at once.
            await _commander.Wire.SendAsync(_terminate, limit.Token);
        }
        catch (Exception e) when (e is TwiBackupException or OperationCanceledException)
        {
            // It is gone already.
        }
        await _commander.Wire.DisposeAsync();
    }

    private async Task<byte[]?[]> SingleRowAsync(string command, CancellationToken cancellationToken)
    {
        var rows = await _commander.QueryAsync(command, cancellationToken);
        return rows.Count == 1 ? rows[0] : throw BodyReader.Malformed();
    }

    private static string Slot(string name) =>
        name.Length is > 0 and <= 63 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            ? $"\"{name}\""
            : throw new TwiBackupException(ExitCode.WrongUse, $"\"{name}\" is not a slot's name. Use 1 to 63 small letters, digits and "
                + $"underscores.");

    // "15.18 (Debian 15.18-0+deb12u1)", "18beta1"
    internal static int ReadVersion(string text)
    {
        var digits = new string(text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').ToArray()).Split('.');
        if (!int.TryParse(digits[0], CultureInfo.InvariantCulture, out var major))
            throw new TwiBackupException($"The server says that its version is \"{text}\", which cannot be read. Versions 13 to 18 are "
                + $"supported.");
        var minor = digits.Length > 1 && int.TryParse(digits[1], CultureInfo.InvariantCulture, out var number) ? number : 0;
        return major >= 13
            ? major * 10000 + minor
            : throw new TwiBackupException($"The server is PostgreSQL {text}; versions from 13 on are supported. Use the logical dump.");
    }
}
