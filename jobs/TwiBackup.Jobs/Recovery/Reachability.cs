using System.Net.Sockets;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Recovery;

/// <summary>Whether anything answers where a server should.</summary>
internal static class Reachability
{
    /// <summary>How long one connection attempt may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Why nothing answers; null: something does, whatever it says.</summary>
    public static string? WhyNot(Exception failure)
    {
        for (var at = failure; at is not null; at = at.InnerException)
        {
            // A connection that was cut had been taken.
            if (at is SocketException { SocketErrorCode: var code } && code is not (SocketError.ConnectionReset or SocketError.ConnectionAborted))
                return code switch
                {
                    SocketError.ConnectionRefused => "connection refused",
                    SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "its name leads nowhere",
                    SocketError.TimedOut => "no answer",
                    SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no way there",
                    _ => at.Message,
                };
            if (at is TimeoutException)
                return $"no answer within {Patience.TotalSeconds:0} s";
        }

        return null;
    }

    /// <summary>Waits until a server answers, be it that it lets this user not in. Throws when it does not.</summary>
    public static async Task WaitAsync(ConnectionSettings settings, TimeSpan most, TimeProvider clock, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await using var session = await QueryConnection.OpenAsync(settings with { ConnectTimeout = Patience }, cancellationToken);
                return;
            }
            catch (TwiBackupException e)
            {
                // 57P03: it starts.
                var isStarting = e.InnerException is Postgres.Replication.PostgresErrorException { SqlState: "57P03" };
                if (!isStarting && WhyNot(e) is null)
                    return;
                if (clock.GetElapsedTime(began) > most)
                    throw new TwiBackupException($"The database was started and does not answer after {Sizes.Text(most)}: {e.Message}", e);
            }

            await Task.Delay(Poll, clock, cancellationToken);
        }
    }
}
