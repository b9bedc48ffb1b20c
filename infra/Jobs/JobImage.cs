using Pulumi;
using TwiBackup.Infra.Configuration;
using Aws = Pulumi.Aws;
using Docker = Pulumi.Docker;
using Inputs = Pulumi.Aws.Ecr.Inputs;

namespace TwiBackup.Infra.Jobs;

/// <summary>
/// The jobs' image: built from the source, tagged with the source's hash, in a registry where no tag moves, and copied to the second
/// region.
/// Whoever runs it names it by digest. A preview builds nothing.
/// </summary>
public sealed class JobImage : Component
{
    private const string Lifecycle =
        """{"rules":[{"rulePriority":1,"description":"what no tag names","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}},{"rulePriority":2,"description":"the newest 30","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":30},"action":{"type":"expire"}}]}""";

    public JobImage(string name, StackConfig config, JobImageArgs args)
        : base("JobImage", name, config, args.Primary.In())
    {
        var repository = MakeRepository(name, args.Primary, args.PrimaryKey);
        var copy = MakeRepository($"{name}-copy", args.Recovery, args.RecoveryKey);
        var upstream = new List<Resource> { repository };
        if (config.Jobs.ReplicateImages)
            upstream.Add(Replicate(name, args, copy));
        var digest = config.Jobs.ImageDigest is { } known
            ? Output.Create(known)
            : Build(name, config, args, repository, upstream).RepoDigest.Apply(
                built => built[(built.IndexOf('@', StringComparison.Ordinal) + 1)..]);
        Uri = Output.Format($"{repository.RepositoryUrl}@{digest}");
        RecoveryUri = Output.Format($"{copy.RepositoryUrl}@{digest}");
        RegisterOutputs();
    }

    /// <summary>The image in the primary region, by digest.</summary>
    public Output<string> Uri { get; }

    /// <summary>The same image in the second region.</summary>
    public Output<string> RecoveryUri { get; }

    private Aws.Ecr.Repository MakeRepository(string name, Region region, Output<string> key)
    {
        var options = Kept();
        options.Provider = region.Provider;
        var repository = new Aws.Ecr.Repository(name, new Aws.Ecr.RepositoryArgs
        {
            Name = Names.ImageRepository,
            ImageTagMutability = "IMMUTABLE",
            ImageScanningConfiguration = new Inputs.RepositoryImageScanningConfigurationArgs { ScanOnPush = true },
            EncryptionConfigurations = { new Inputs.RepositoryEncryptionConfigurationArgs { EncryptionType = "KMS", KmsKey = key } },
            Tags = Tags,
        }, options);
        var child = Child();
        child.Provider = region.Provider;
        _ = new Aws.Ecr.LifecyclePolicy(name, new Aws.Ecr.LifecyclePolicyArgs { Repository = repository.Name, Policy = Lifecycle }, child);
        return repository;
    }

    /// <summary>Before the first push, as only what comes afterwards is copied.</summary>
    private Aws.Ecr.ReplicationConfiguration Replicate(string name, JobImageArgs args, Resource copy) =>
        new(name, new Aws.Ecr.ReplicationConfigurationArgs
    {
        ReplicationConfigurationDetails = new Inputs.ReplicationConfigurationReplicationConfigurationArgs
        {
            Rules =
            {
                new Inputs.ReplicationConfigurationReplicationConfigurationRuleArgs
                {
                    Destinations = { new Inputs.ReplicationConfigurationReplicationConfigurationRuleDestinationArgs { Region = args.Recovery.Name, RegistryId = Names.Account } },
                    RepositoryFilters = { new Inputs.ReplicationConfigurationReplicationConfigurationRuleRepositoryFilterArgs { Filter = Names.ImageRepository, FilterType = "PREFIX_MATCH" } },
                },
            },
        },
    }, After(copy));

    private Docker.Image Build(string name, StackConfig config, JobImageArgs args, Aws.Ecr.Repository repository, List<Resource> upstream)
    {
        var token = Aws.Ecr.GetAuthorizationToken.Invoke(
            new Aws.Ecr.GetAuthorizationTokenInvokeArgs { RegistryId = repository.RegistryId }, new InvokeOptions { Parent = this });
        return new Docker.Image(name, new Docker.ImageArgs
        {
            ImageName = Output.Format($"{repository.RepositoryUrl}:{BuildContext.Tag(args.Root)}"),
            BuildOnPreview = false,
            Build = new Docker.Inputs.DockerBuildArgs
            {
                Context = args.Root,
                Dockerfile = Path.Combine(args.Root, "jobs", "Dockerfile"),
                Platform = config.Architecture == Architecture.Arm64 ? "linux/arm64" : "linux/amd64",
                BuilderVersion = Docker.BuilderVersion.BuilderBuildKit,
            },
            Registry = new Docker.Inputs.RegistryArgs
            {
                Server = repository.RepositoryUrl,
                Username = token.Apply(got => got.UserName),
                Password = Output.CreateSecret(token.Apply(got => got.Password)),
            },
        }, After([.. upstream]));
    }
}
