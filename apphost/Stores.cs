using Aspire.Hosting.ApplicationModel;

namespace TwiBackup.AppHost;

/// <summary>
/// Where backups go on a developer's machine: SeaweedFS as S3 server, with versions and object lock; a second one in the part of the other
/// region, which follows the first. MinIO's and LocalStack's community editions are archived.
/// </summary>
internal static class Stores
{
    public const string Bucket = "twi-bot-backups";
    public const string ReplicaBucket = "twi-bot-backups-replica";

    /// <summary>Rehearsals have a bucket of their own, without a lock: nobody needs theirs tomorrow.</summary>
    public const string RehearsalBucket = "twi-bot-rehearsals";

    private const string Image = "docker.io/chrislusf/seaweedfs";
    private const string S3 = "s3";
    private const string Filer = "filer";

    /// <summary>An S3 server without buckets.</summary>
    public static IResourceBuilder<ContainerResource> AddStore(
        this IDistributedApplicationBuilder builder, string name, Settings settings, Secrets secrets) => builder
        .AddContainer(name, Image, settings.SeaweedVersion)
        // Buckets come from the set-up alone, with their lock; a typing error makes none.
        .WithArgs("mini", "-dir=/data", "-webdav=false", "-admin.ui=false", "-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false")
        .WithHttpEndpoint(targetPort: 8333, name: S3)
        .WithEndpoint(targetPort: 8888, name: Filer, scheme: "tcp")
        .WithVolume($"twibackup-{name}", "/data")
        .WithOwner(secrets)
        .WithHttpHealthCheck("/healthz", endpointName: S3)
        .WithIconName("Database");

    /// <summary>Follows another store's bucket, as a cloud's replication does: behind it, and in no order.</summary>
    public static IResourceBuilder<ContainerResource> Following(
        this IResourceBuilder<ContainerResource> replica, IResourceBuilder<ContainerResource> primary, Settings settings)
    {
        replica.ApplicationBuilder.AddContainer("replication", Image, settings.SeaweedVersion)
            .WithArgs(
                "filer.sync", "-isActivePassive",
                ReferenceExpression.Create($"-a={Address(primary)}"), $"-a.path=/buckets/{Bucket}",
                ReferenceExpression.Create($"-b={Address(replica)}"), $"-b.path=/buckets/{ReplicaBucket}")
            .WaitFor(primary)
            .WaitFor(replica)
            .WithParentRelationship(replica);
        return replica;
    }

    /// <summary>Makes the rehearsals' bucket; nobody starts before it.</summary>
    public static IResourceBuilder<ContainerResource> AddRehearsalBucket(
        this IResourceBuilder<ContainerResource> store, JobsImage image, Secrets secrets) => store.ApplicationBuilder
        .AddTwiBackup("store-rehearsals", image, "store", "prepare", "--store", store.Url(RehearsalBucket))
        .WithOwner(secrets)
        .WaitFor(store)
        .WithParentRelationship(store);

    /// <summary>A store's URL, as a policy names it.</summary>
    public static ReferenceExpression Url(this IResourceBuilder<ContainerResource> store, string place) =>
        ReferenceExpression.Create($"s3://{place}?endpoint={store.GetEndpoint(S3).Property(EndpointProperty.Url)}");

    /// <summary>The credentials, which are the owner's: this store has one user.</summary>
    public static IResourceBuilder<ContainerResource> WithOwner(this IResourceBuilder<ContainerResource> container, Secrets secrets) => container
        .WithEnvironment(Secrets.AccessKey, secrets[Secrets.AccessKey])
        .WithEnvironment(Secrets.SecretKey, secrets[Secrets.SecretKey]);

    private static EndpointReferenceExpression Address(IResourceBuilder<ContainerResource> store) =>
        store.GetEndpoint(Filer).Property(EndpointProperty.HostAndPort);
}
