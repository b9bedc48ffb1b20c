namespace TwiBackup.Alerts;

/// <summary>
/// What is asked of a dead man's switch. Every service counts a plain request as a success. A failure can be told to those whose URL
/// says how:
/// Healthchecks (<c>https://hc-ping.com/…</c>, one's own <c>https://host/ping/…</c>) and Better Stack (<c>…/api/v1/heartbeat/…</c>) by <c>/fail</c>
/// behind it, Uptime Kuma (<c>…/api/push/…</c>) by <c>status=down</c>. To others nothing is said, and they notice the silence.
/// </summary>
internal sealed record SwitchUrls(Uri Success, Uri? Failure)
{
    public static SwitchUrls Of(Uri url)
    {
        var path = url.AbsolutePath.TrimEnd('/');
        if (path.Contains("/api/push/", StringComparison.Ordinal))
            return new SwitchUrls(With(url, path, "status=up&msg=OK"), With(url, path, "status=down&msg=failed"));
        var knowsFail = url.Host.Equals("hc-ping.com", StringComparison.OrdinalIgnoreCase)
            || path.StartsWith("/ping/", StringComparison.Ordinal)
            || path.Contains("/api/v1/heartbeat/", StringComparison.Ordinal);
        return new SwitchUrls(url, knowsFail ? With(url, path + "/fail", url.Query.TrimStart('?')) : null);
    }

    private static Uri With(Uri url, string path, string query) => new UriBuilder(url) { Path = path, Query = query }.Uri;
}
