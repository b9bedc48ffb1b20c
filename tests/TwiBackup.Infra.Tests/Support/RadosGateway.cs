using System.Text.Json.Nodes;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Infra.Policies;
using TwiBackup.Infra.Storage;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>A real S3 server whose lifecycle takes ten seconds for a day; with less it does not get through all rules.</summary>
internal sealed class RadosGateway
{
    private readonly S3TestServer _server;

    private RadosGateway(S3TestServer server) => _server = server;

    public static async Task<RadosGateway> GetAsync()
    {
        Environment.SetEnvironmentVariable("RGW_LC_DAY", "10");
        return new RadosGateway(await S3TestServer.GetAsync());
    }

    /// <param name="user"><c>owner</c>, whose buckets they are, or <c>writer</c>.</param>
    public AmazonS3Client As(string user)
    {
        var environment = _server.EnvironmentOf(user);
        return new AmazonS3Client(
            new BasicAWSCredentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]), new AmazonS3Config
        {
            ServiceURL = _server.Endpoint.ToString(),
            ForcePathStyle = true,
            UseHttp = true,
            HttpClientFactory = new PlainBodies(),
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    /// <summary>The statements of a role as a bucket's policy can say them: radosgw has users and no roles.</summary>
    public static JsonArray Granted(PolicyDocument role, string user, string bucket) => new(
    [
        .. role.Statements
            .Where(statement => statement.Allow
                && statement.Resources.Any(resource => resource == bucket || resource.StartsWith($"{bucket}/", StringComparison.Ordinal)))
            .Select(statement => (statement with { Principal = new Principal("AWS", $"arn:aws:iam:::user/{user}") }).ToJson()),
    ]);

    /// <summary>A rule as the SDK takes it.</summary>
    public static Amazon.S3.Model.LifecycleRule Rule(Infra.Storage.LifecycleRule rule)
    {
        var made = new Amazon.S3.Model.LifecycleRule { Id = rule.Id, Status = LifecycleRuleStatus.Enabled };
        var parts = new List<LifecycleFilterPredicate> { new LifecyclePrefixPredicate { Prefix = rule.Prefix } };
        if (rule.Tag is { } tag)
            parts.Add(new LifecycleTagPredicate { Tag = new Tag { Key = RetentionTag.Key, Value = tag } });
        made.Filter = new LifecycleFilter { LifecycleFilterPredicate = parts.Count == 1 ? parts[0]
            : new LifecycleAndOperator { Operands = parts } };
        if (rule.ExpireDays is { } days)
            made.Expiration = new LifecycleRuleExpiration { Days = days };
        if (rule.RemoveStaleMarkers)
            made.Expiration = new LifecycleRuleExpiration { ExpiredObjectDeleteMarker = true };
        if (rule.NoncurrentDays is { } noncurrent)
            made.NoncurrentVersionExpiration = new LifecycleRuleNoncurrentVersionExpiration { NoncurrentDays = noncurrent };
        if (rule.AbortUploadDays is { } abort)
            made.AbortIncompleteMultipartUpload = new LifecycleRuleAbortIncompleteMultipartUpload { DaysAfterInitiation = abort };
        return made;
    }
}
