using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Xml;
using Amazon.Runtime;

namespace TwiBackup.Stores;

/// <summary>What an S3 server or the way to it answers, in the operator's words. Some servers send no message: the code is shown.</summary>
internal static class S3Errors
{
    public static TwiBackupException Explain(Exception failure, S3Request request, S3Settings settings)
    {
        var where = request.Key is null ? settings.Location : $"{settings.Location}/{request.Key}";
        var text = failure is AmazonServiceException { StatusCode: not 0 } answer
            ? OfAnswer(answer, request, settings, where)
            : OfNetwork(failure, request, settings, where);
        text = text.ReplaceLineEndings(" ");
        return request.Key is not null && failure is AmazonServiceException { StatusCode: HttpStatusCode.Forbidden, ErrorCode: "AccessDenied" }
            ? new ObjectForbiddenException(text, failure)
            : new TwiBackupException(text, failure);
    }

    /// <summary>The server says that there is no such object (not: no such bucket).</summary>
    public static bool IsMissing(AmazonServiceException answer) =>
        answer.ErrorCode is "NoSuchKey" or "NoSuchVersion" or "MethodNotAllowed";

    /// <summary>Answers to <c>HEAD</c> have no body, so nothing tells what is missing.</summary>
    public static bool IsUnnamedMissing(AmazonServiceException answer) =>
        answer.StatusCode == HttpStatusCode.NotFound && answer.ErrorCode is not "NoSuchBucket";

    public static bool IsTaken(AmazonServiceException answer) => answer.StatusCode == HttpStatusCode.PreconditionFailed;

    public static bool IsForbidden(AmazonServiceException answer) => answer.StatusCode == HttpStatusCode.Forbidden;

    /// <summary>Something answers there, but not as S3 does.</summary>
    public static TwiBackupException NotS3(S3Request request, S3Settings settings) =>
        new($"{settings.Server} does not speak S3: its answer to {request.Doing} cannot be read. Correct the endpoint in the store's URL.");

    private static string OfAnswer(AmazonServiceException answer, S3Request request, S3Settings settings, string where)
    {
        var server = settings.Server;
        return answer.ErrorCode switch
        {
            "NoSuchBucket" => $"Bucket {settings.Bucket} does not exist at {server}. Make it, or correct the store's URL.",
            "InvalidAccessKeyId" => $"{server} does not know the access key (AWS_ACCESS_KEY_ID). Is it that server's, and not deleted?",
            "SignatureDoesNotMatch" => $"{server} refuses the signature: the secret (AWS_SECRET_ACCESS_KEY) is not the access key's.",
            "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired" =>
                $"{server} says that the session's credentials are over ({answer.ErrorCode}). Get new ones.",
            "RequestTimeTooSkewed" or "RequestExpired" =>
                $"{server} refuses this machine's clock ({TimeProvider.System.GetUtcNow():u}), off by more than 15 minutes. Set it (NTP).",
            "PermanentRedirect" or "TemporaryRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException"
                or "InvalidRegion" => OtherRegion(answer, settings),
            // S3 names what is not found; only an answer that is no S3 answer leaves the SDK with this.
            "NotFound" => NotS3(request, settings).Message,
            "InvalidObjectState" => $"{where} is archived (Glacier) and cannot be read now. Restore it in S3 first.",
            "InvalidRequest" when settings.Lock is not null && request.Permission.Contains("PutObjectRetention", StringComparison.Ordinal) =>
                $"{server} refuses to lock {where} ({Code(answer)}): the policy's stores.lock needs a bucket that was made with object lock. " +
                $"Make one, or take the lock out.{Said(answer)}",
            "QuotaExceeded" => $"{server} is over its quota while {request.Doing}. Raise the quota or free space.",
            "NoSuchUpload" =>
                $"{where}: the upload was removed at {server} before it was complete. Does a lifecycle rule abort early? Try again.",
            _ => (int)answer.StatusCode switch
            {
                301 or 307 => OtherRegion(answer, settings),
                403 => $"{server} denies {request.Doing} ({Code(answer)}): {where} needs permission {request.Permission}.{Said(answer)}",
                429 or 500 or 502 or 503 or 504 =>
                    $"{server} is failing: {request.Doing} in {settings.Location} was tried {settings.MaxAttempts} times, last answer " +
                    $"{Code(answer)}. Try again later.",
                _ => $"{server} answered {Code(answer)} to {request.Doing} ({where}).{Said(answer)}",
            },
        };
    }

    private static string OfNetwork(Exception failure, S3Request request, S3Settings settings, string where)
    {
        var server = settings.Server;
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AuthenticationException:
                    return $"{server} cannot be trusted: {cause.Message} Correct its certificate, or the endpoint in the store's URL.";
                case SocketException socket:
                    return OfSocket(socket, request, settings, where);
                case TimeoutException:
                    return $"{server} does not answer: {cause.Message} Tried {settings.MaxAttempts} times: {request.Doing} ({where}).";
                case AmazonUnmarshallingException or XmlException:
                    return NotS3(request, settings).Message;
            }
        }
        if (failure is AmazonClientException && failure.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase))
        {
            return $"There are no credentials for {settings.Location}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the " +
                "task or instance a role.";
        }
        return S3Caller.IsPassing(failure)
            ? Broke(request, settings, where)
            : $"{request.Doing} ({where}) at {server} failed: {failure.Message}";
    }

    private static string OfSocket(SocketException failure, S3Request request, S3Settings settings, string where) =>
        failure.SocketErrorCode switch
        {
            SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData =>
                $"The name of {settings.Server} is unknown (DNS). Correct endpoint or region in the store's URL, or this machine's DNS.",
            SocketError.ConnectionRefused =>
                $"Nothing listens at {settings.Server}. Is the server running, and the endpoint in the store's URL right?",
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.TimedOut =>
                $"{settings.Server} cannot be reached from here ({failure.Message}). Look at network, firewall and the endpoint.",
            _ => Broke(request, settings, where),
        };

    private static string Broke(S3Request request, S3Settings settings, string where) =>
        $"The connection to {settings.Server} broke while {request.Doing} ({where}), {settings.MaxAttempts} times. Look at the " +
        "network, then try again.";

    private static string OtherRegion(AmazonServiceException answer, S3Settings settings) =>
        $"Bucket {settings.Bucket} is not in region {settings.Region} at {settings.Server} ({Code(answer)}). Correct ?region= in the " +
        $"store's URL.{Said(answer)}";

    private static string Code(AmazonServiceException answer) =>
        string.IsNullOrEmpty(answer.ErrorCode) ? $"HTTP {(int)answer.StatusCode}" : $"{answer.ErrorCode}, HTTP {(int)answer.StatusCode}";

    /// <summary>What the server says for itself; the SDK makes up a text where it said nothing.</summary>
    private static string Said(AmazonServiceException answer) =>
        string.IsNullOrWhiteSpace(answer.Message) || answer.Message.StartsWith("Error making request", StringComparison.Ordinal)
            ? ""
            : $" It says: {answer.Message}";
}
