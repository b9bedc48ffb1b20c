namespace TwiBackup.Infra.Storage;

/// <summary>The one tag by which the retention job lets an object go; what lacks it stays, whatever its age.</summary>
public static class RetentionTag
{
    public const string Key = "retention";

    /// <summary>On manifests and single objects: may go once its kind's time is over.</summary>
    public const string Expire = "expire";

    /// <summary>On a set's data: goes some days after its manifest, so that no manifest ever lists what is gone.</summary>
    public const string ExpireData = "expire-data";

    /// <summary>How many days the data outlives the manifest; lifecycle runs once a day and may be late.</summary>
    public const int DataGraceDays = 3;

    public static IReadOnlyList<string> Values { get; } = [Expire, ExpireData];
}
