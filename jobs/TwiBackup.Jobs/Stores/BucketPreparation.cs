using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Policy;

namespace TwiBackup.Stores;

/// <summary>
/// Makes a bucket as backups need it, on a server of one's own: versioned, and with object lock where objects are to be locked, which most
/// servers allow only while the bucket is made. In the cloud the infrastructure's program makes it. What is there is kept; nothing is made
/// weaker. Needs the bucket owner's credentials, which no job has.
/// </summary>
/// <param name="settings">The store.</param>
/// <param name="wanted">The policy's lock; null: none.</param>
/// <param name="time">For retries.</param>
internal sealed class BucketPreparation(S3Settings settings, LockPolicy? wanted, TimeProvider time)
{
    /// <summary>Uploads that a killed job left, after so many days.</summary>
    private const int AbortDays = 7;

    private readonly S3Caller caller = new(settings, time);

    /// <summary>Makes it, or brings what is there up to it.</summary>
    /// <returns>What was done, in one line.</returns>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var http = new S3Http(new S3Clock(time));
        using var client = S3Client.Create(settings, http);
        var isNew = await MakeAsync(client, cancellationToken);
        var isVersioned = await CallAsync(
            "asking for the bucket's versioning", "s3:GetBucketVersioning", attempt => client.GetBucketVersioningAsync(settings.Bucket, attempt.Token), cancellationToken);
        if (isVersioned.VersioningConfig?.Status != VersionStatus.Enabled)
        {
            await CallAsync(
                "keeping old versions", "s3:PutBucketVersioning",
                attempt => client.PutBucketVersioningAsync(
                    new PutBucketVersioningRequest { BucketName = settings.Bucket, VersioningConfig = new S3BucketVersioningConfig { Status = VersionStatus.Enabled } },
                    attempt.Token),
                cancellationToken);
        }

        if (wanted is not null)
            await LockAsync(client, wanted, cancellationToken);
        if (isNew)
            await AbortOldUploadsAsync(client, cancellationToken);
        return $"{settings.Location} at {settings.Server}: {(isNew ? "made" : "was there")}, versioned{(wanted is null ? "" : ", with object lock")}.";
    }

    private async Task<bool> MakeAsync(AmazonS3Client client, CancellationToken cancellationToken)
    {
        var buckets = await CallAsync("listing the buckets", "s3:ListAllMyBuckets", attempt => client.ListBucketsAsync(attempt.Token), cancellationToken);
        if (buckets.Buckets?.Exists(bucket => bucket.BucketName == settings.Bucket) == true)
            return false;
        return await CallAsync(
            "making the bucket", "s3:CreateBucket",
            async attempt =>
            {
                try
                {
                    await client.PutBucketAsync(new PutBucketRequest { BucketName = settings.Bucket, ObjectLockEnabledForBucket = wanted is not null }, attempt.Token);
                    return true;
                }
                catch (AmazonS3Exception answer) when (answer.ErrorCode == "BucketAlreadyOwnedByYou")
                {
                    // Somebody was faster, or the answer to our first try was lost.
                    return false;
                }
            },
            cancellationToken);
    }

    private async Task LockAsync(AmazonS3Client client, LockPolicy bolt, CancellationToken cancellationToken)
    {
        var isEnabled = await CallAsync(
            "asking for the bucket's lock", "s3:GetBucketObjectLockConfiguration",
            async attempt =>
            {
                try
                {
                    var answer = await client.GetObjectLockConfigurationAsync(new GetObjectLockConfigurationRequest { BucketName = settings.Bucket }, attempt.Token);
                    return answer.ObjectLockConfiguration?.ObjectLockEnabled == ObjectLockEnabled.Enabled;
                }
                catch (AmazonS3Exception answer) when (answer.ErrorCode == "ObjectLockConfigurationNotFoundError")
                {
                    return false;
                }
            },
            cancellationToken);
        if (!isEnabled)
        {
            throw new TwiBackupException(
                $"Bucket {settings.Bucket} at {settings.Server} was made without object lock, and the policy's stores.lock asks for it. " +
                "Name another bucket, which is then made with it, or take the lock out of the policy.");
        }

        // Without days each object is locked by the job that puts it.
        if (bolt.Days is not { } days)
            return;
        await CallAsync(
            "locking what comes", "s3:PutBucketObjectLockConfiguration",
            attempt => client.PutObjectLockConfigurationAsync(
                new PutObjectLockConfigurationRequest
                {
                    BucketName = settings.Bucket,
                    ObjectLockConfiguration = new ObjectLockConfiguration
                    {
                        ObjectLockEnabled = ObjectLockEnabled.Enabled,
                        Rule = new ObjectLockRule
                        {
                            DefaultRetention = new DefaultRetention
                            {
                                Mode = bolt.Mode == LockMode.Compliance ? ObjectLockRetentionMode.Compliance : ObjectLockRetentionMode.Governance,
                                Days = days,
                            },
                        },
                    },
                },
                attempt.Token),
            cancellationToken);
    }

    /// <summary>The one rule without a tag: nothing that was complete goes by it.</summary>
    private async Task AbortOldUploadsAsync(AmazonS3Client client, CancellationToken cancellationToken) => await CallAsync(
        "removing uploads that were left", "s3:PutLifecycleConfiguration",
        attempt => client.PutLifecycleConfigurationAsync(
            new PutLifecycleConfigurationRequest
            {
                BucketName = settings.Bucket,
                Configuration = new LifecycleConfiguration
                {
                    Rules =
                    [
                        new LifecycleRule
                        {
                            Id = "left-uploads",
                            Status = LifecycleRuleStatus.Enabled,
                            Filter = new LifecycleFilter { LifecycleFilterPredicate = new LifecyclePrefixPredicate { Prefix = "" } },
                            AbortIncompleteMultipartUpload = new LifecycleRuleAbortIncompleteMultipartUpload { DaysAfterInitiation = AbortDays },
                        },
                    ],
                },
            },
            attempt.Token),
        cancellationToken);

    private Task<T> CallAsync<T>(string doing, string permission, Func<S3Attempt, Task<T>> attempt, CancellationToken cancellationToken) =>
        caller.CallAsync(new S3Request(doing, permission), attempt, cancellationToken);
}
