using System.Text.RegularExpressions;
using Amazon.Runtime;

namespace TwiBackup.Stores;

/// <summary>Opens a store by its URL.</summary>
public static partial class ObjectStoreFactory
{
    private const int MaxPrefixLength = 120;

    /// <summary>
    /// <c>file:///absolute/folder</c>, or <c>s3://bucket/prefix?region=…&amp;endpoint=…&amp;forcePathStyle=true</c>.
    /// The region may also come from <c>AWS_REGION</c> or <c>AWS_DEFAULT_REGION</c>; with an endpoint of one's own it may be absent, and
    /// the bucket's name stands in the path unless <c>forcePathStyle=false</c>. Credentials come from <c>AWS_ACCESS_KEY_ID</c>,
    /// <c>AWS_SECRET_ACCESS_KEY</c> and <c>AWS_SESSION_TOKEN</c> in <paramref name="environment"/>, else from the AWS SDK's chain (profile,
    /// container, instance). Opening touches neither disk nor network.
    /// </summary>
    /// <param name="objectLock">The lock that every object put into S3 asks for; null: the bucket's own default.</param>
    /// <exception cref="TwiBackupException">With <see cref="ExitCode.WrongUse"/> when the URL is wrong.</exception>
    public static IObjectStore Open(string url, IReadOnlyDictionary<string, string> environment, ObjectLock? objectLock = null)
    {
        var parsed = StoreUrl.Parse(url);
        return parsed.Scheme == "file" ? OpenFolder(parsed) : new S3ObjectStore(ParseS3(parsed, environment) with { Lock = objectLock });
    }

    private static FileObjectStore OpenFolder(StoreUrl url)
    {
        url.CheckOptions();
        if (url.Authority.Length > 0)
        {
            throw StoreUrl.Wrong(
                $"file://{url.Authority}{url.Path} is relative: a store's folder is absolute, with three slashes: " +
                $"file:///{url.Authority}{url.Path}");
        }
        if (url.Path.Trim('/').Length == 0)
            throw StoreUrl.Wrong("file:// names no folder: write file:///absolute/folder");
        if (url.Path.Split('/').Any(part => part is "." or ".."))
            throw StoreUrl.Wrong($"file://{url.Path} goes through '.' or '..': write the folder itself.");
        return new FileObjectStore(url.Path);
    }

    internal static S3Settings ParseS3(StoreUrl url, IReadOnlyDictionary<string, string> environment)
    {
        url.CheckOptions("region", "endpoint", "forcePathStyle");
        if (!BucketName().IsMatch(url.Authority))
            throw StoreUrl.Wrong($"'{url.Authority}' cannot be a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens are.");
        var prefix = url.Path.Trim('/');
        if (prefix.Length > MaxPrefixLength || (prefix.Length > 0 && !ObjectKey.IsValid(prefix)))
        {
            throw StoreUrl.Wrong(
                $"'{prefix}' cannot be a store's prefix: at most {MaxPrefixLength} printable ASCII characters, no part empty or " +
                "beginning with a dot.");
        }
        var endpoint = ParseEndpoint(url);
        var region = url.Options.GetValueOrDefault("region")
            ?? Given(environment, "AWS_REGION") ?? Given(environment, "AWS_DEFAULT_REGION");
        if (region is null && endpoint is null)
            throw StoreUrl.Wrong($"s3://{url.Authority} needs its region: add ?region=… or set AWS_REGION.");
        var pathStyle = url.Options.GetValueOrDefault("forcePathStyle") switch
        {
            null => endpoint is not null,
            "true" => true,
            "false" => false,
            var other => throw StoreUrl.Wrong($"forcePathStyle is true or false, not '{other}'."),
        };
        return new S3Settings(url.Authority)
        {
            Prefix = prefix,
            Region = region ?? "us-east-1",
            Endpoint = endpoint,
            IsAmazon = endpoint is null || endpoint.Host.EndsWith(".amazonaws.com", StringComparison.Ordinal),
            ForcePathStyle = pathStyle,
            Credentials = FindCredentials(environment),
        };
    }

    private static Uri? ParseEndpoint(StoreUrl url)
    {
        if (url.Options.GetValueOrDefault("endpoint") is not { } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https")
            || endpoint.PathAndQuery != "/" || endpoint.UserInfo.Length > 0)
        {
            throw StoreUrl.Wrong("The store's endpoint is not of the form https://host:port (no path, no credentials).");
        }
        return endpoint;
    }

    private static AWSCredentials? FindCredentials(IReadOnlyDictionary<string, string> environment)
    {
        var access = Given(environment, "AWS_ACCESS_KEY_ID");
        var secret = Given(environment, "AWS_SECRET_ACCESS_KEY");
        if (access is null && secret is null)
            return null;
        if (access is null)
            throw StoreUrl.Wrong("AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not. Set both.");
        if (secret is null)
            throw StoreUrl.Wrong("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not. Set both.");
        return Given(environment, "AWS_SESSION_TOKEN") is { } session
            ? new SessionAWSCredentials(access, secret, session)
            : new BasicAWSCredentials(access, secret);
    }

    private static string? Given(IReadOnlyDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    [GeneratedRegex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    private static partial Regex BucketName();
}
