using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace TwiBackup.Stores;

/// <summary>Makes the SDK's client as this store needs it: no retries of its own, no timeouts of its own, plain bodies.</summary>
internal static class S3Client
{
    public static AmazonS3Client Create(S3Settings settings, S3Http http)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = settings.ForcePathStyle,
            AuthenticationRegion = settings.Region,
            // S3Caller owns retries and timeouts: a put retried behind its back could not tell its own object from another's.
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            Timeout = Timeout.InfiniteTimeSpan,
            HttpClientFactory = http,
            // What S3-compatible servers understand; Amazon's uploads get their checksum request by request.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            DisableLogging = true,
        };
        if (settings.Endpoint is { } endpoint)
            config.ServiceURL = endpoint.ToString();
        else
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        return settings.Credentials is { } credentials ? new AmazonS3Client(credentials, config) : new AmazonS3Client(config);
    }
}
