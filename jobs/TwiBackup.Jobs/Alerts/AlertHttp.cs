using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Authentication;

namespace TwiBackup.Alerts;

/// <summary>
/// HTTP whose URLs are secrets: no redirect carries them on, no trace header leaves, and no exception's own message is shown, as it may
/// repeat them.
/// </summary>
internal static class AlertHttp
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    public static HttpClient CreateClient()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        };
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("TwiBackup/1");
        return client;
    }

    /// <summary>Reads a URL that is a secret. Throws a wrong use that names <paramref name="where"/> and does not show it.</summary>
    /// <param name="mayBePlain">Whether http is taken for others than this machine.</param>
    public static Uri ParseSecretUrl(string text, string where, bool mayBePlain)
    {
        if (Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && (mayBePlain || url.IsLoopback))))
            return url;
        throw new TwiBackupException(ExitCode.WrongUse, $"{where} is no {(mayBePlain ? "http or https" : "https")} URL. Copy it again from the service that gave it.");
    }

    /// <summary>What went wrong, in words that hold nothing of the URL.</summary>
    public static string Explain(Exception failure)
    {
        for (var at = failure; at is not null; at = at.InnerException)
        {
            if (at is SocketException socket)
                return socket.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused => "connection refused",
                    SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "its name can't be resolved",
                    SocketError.TimedOut => "no connection in time",
                    SocketError.ConnectionReset => "the connection was cut",
                    SocketError.NetworkUnreachable or SocketError.HostUnreachable => "there is no route to it",
                    var other => $"no connection ({other})",
                };
            if (at is AuthenticationException)
                return "TLS failed (is its certificate good, and this machine's clock?)";
        }

        return failure switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "its name can't be resolved",
            HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection was cut",
            HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } known => $"no answer ({known.HttpRequestError})",
            TimeoutException => "no connection in time",
            _ => "no answer",
        };
    }
}
