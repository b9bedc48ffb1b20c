using Inputs = Pulumi.Aws.S3.Inputs;

namespace TwiBackup.Infra.Storage;

/// <summary>A rule as the provider takes it.</summary>
internal static class LifecycleInputs
{
    public static Inputs.BucketLifecycleConfigurationRuleArgs Of(LifecycleRule rule)
    {
        var args = new Inputs.BucketLifecycleConfigurationRuleArgs { Id = rule.Id, Status = "Enabled", Filter = Filter(rule) };
        if (rule.ExpireDays is { } days)
            args.Expiration = new Inputs.BucketLifecycleConfigurationRuleExpirationArgs { Days = days };
        if (rule.RemoveStaleMarkers)
            args.Expiration = new Inputs.BucketLifecycleConfigurationRuleExpirationArgs { ExpiredObjectDeleteMarker = true };
        if (rule.NoncurrentDays is { } noncurrent)
            args.NoncurrentVersionExpiration = new Inputs.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs { NoncurrentDays = noncurrent };
        if (rule.AbortUploadDays is { } abort)
            args.AbortIncompleteMultipartUpload = new Inputs.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs { DaysAfterInitiation = abort };
        if (rule.Transition is { } move)
            args.Transitions.Add(
                new Inputs.BucketLifecycleConfigurationRuleTransitionArgs { Days = move.Days, StorageClass = move.StorageClass });
        return args;
    }

    private static Inputs.BucketLifecycleConfigurationRuleFilterArgs Filter(LifecycleRule rule)
    {
        if (rule.Tag is null && rule.Transition is null)
            return new Inputs.BucketLifecycleConfigurationRuleFilterArgs { Prefix = rule.Prefix };
        var and = new Inputs.BucketLifecycleConfigurationRuleFilterAndArgs { Prefix = rule.Prefix };
        if (rule.Tag is not null)
            and.Tags.Add(RetentionTag.Key, rule.Tag);
        if (rule.Transition is { } move)
            and.ObjectSizeGreaterThan = move.LeastBytes;
        return new Inputs.BucketLifecycleConfigurationRuleFilterArgs { And = and };
    }
}
