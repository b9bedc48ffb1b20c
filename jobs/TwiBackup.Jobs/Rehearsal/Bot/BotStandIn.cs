using System.Data;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// Behaves towards the database as the bot does, and keeps count of what the database promised. When the database is lost it connects
/// again until it is back; then it starts anew, as the bot would: checks that the schema is whole, runs its idempotent DDL, which fails
/// unless its role owns everything, writes its start, and goes on.
/// </summary>
public sealed class BotStandIn
{
    private const int RefreshLockMilliseconds = 5000;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private readonly BotCounters _counters = new();
    private readonly BotOptions _options;
    private readonly IProgressReporter _progress;
    private readonly TimeProvider _clock;

    /// <exception cref="TwiBackupException">An option is out of its range.</exception>
    public BotStandIn(BotOptions options, IProgressReporter? progress = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _options = options;
        _progress = progress ?? SilentProgress.Instance;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>What it has done so far.</summary>
    public BotStatus Status => _counters.Status;

    /// <summary>The next heartbeat to be acknowledged from now on; after a disaster, the first sign of recovered service.</summary>
    public Task<Acknowledgement> NextHeartbeatAsync(CancellationToken cancellation = default) =>
        _counters.NextHeartbeat.WaitAsync(cancellation);

    /// <summary>Runs until cancelled, which is its normal end.</summary>
    /// <exception cref="TwiBackupException">
    /// The first start failed, or acknowledgements can't be written. Later failures of the database are told to the progress and in
    /// <see cref="Status"/>, and tried again.
    /// </exception>
    public async Task RunAsync(CancellationToken cancellation = default)
    {
        using var log = AckLogWriter.Open(_options.AcknowledgementPath);
        await using var source = BotDataSource.Create(_options.Connection with { ApplicationName = "cognita" });
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await LiveAsync(source, log, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
            }
            catch (Exception lost) when (lost is NpgsqlException or SocketException or TimeoutException or IOException)
            {
                if (Status.Starts == 0)
                    throw new TwiBackupException(
                        $"The bot could not start on {_options.Connection}: {lost.Message}; load its schema as a superuser first.", lost);
                if (Status.LastError != lost.Message)
                    _progress.Warn($"The bot lost {_options.Connection}: {lost.Message}; it tries again.");
                _counters.Stopped(lost.Message);
                await Task.Delay(RetryAfter, _clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _counters.Stopped(why: null);
    }

    private async Task LiveAsync(NpgsqlDataSource source, AckLogWriter log, CancellationToken cancellation)
    {
        var world = await StartAsync(source, cancellation);
        _counters.Started();
        if (Status.Starts > 1) _progress.Say($"The bot is back on {_options.Connection}.");
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var parts = Parts(source, log, world, life.Token).ToArray();
        try
        {
            // None of them ends by itself: the first that does has lost the database.
            await await Task.WhenAny(parts);
        }
        finally
        {
            await life.CancelAsync();
            await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<BotWorld> StartAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        if (!await BotSchema.IsCompleteAsync(connection, cancellation))
            throw new NpgsqlException("the schema is not there, not complete yet, or the server is still in recovery");
        await BotSchema.RunStartupAsync(connection, cancellation);
        var metrics = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"start": {{Status.Starts + 1}}, "process": {{Environment.ProcessId}}, "writers": {{_options.Writers}}}""");
        await connection.RunAsync(BotStatements.Started, cancellation, metrics);
        return await BotWorld.ReadAsync(connection, cancellation);
    }

    private IEnumerable<Task> Parts(NpgsqlDataSource source, AckLogWriter log, BotWorld world, CancellationToken cancellation)
    {
        yield return new BotHeart(source, log, _options.HeartbeatInterval, _counters, _clock).BeatAsync(cancellation);
        yield return RefreshAsync(source, cancellation);
        if (_options.MessagesPerSecond <= 0) yield break;
        var ids = new Snowflake(_clock);
        for (var writer = 0; writer < _options.Writers; writer++)
        {
            var seed = _options.Seed + (ulong)(Status.Starts * 100 + writer);
            var rate = _options.MessagesPerSecond / _options.Writers;
            yield return new BotWriter(source, world, ids, rate, seed, _counters, _clock).WriteAsync(cancellation);
        }
    }

    private async Task RefreshAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await connection.RunAsync($"set lock_timeout = {RefreshLockMilliseconds}", cancellation);
        using var timer = new PeriodicTimer(_options.RefreshInterval, _clock);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                await connection.RunAsync(BotStatements.Refresh, cancellation);
            }
            catch (PostgresException refused) when (connection.State == ConnectionState.Open)
            {
                // A dump that runs holds the views.
                _counters.Refused($"{refused.SqlState}: {refused.MessageText}");
            }
        }
    }
}
