using System.Net.Mail;
using System.Text.RegularExpressions;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Configuration;

/// <summary>A stack's configuration and the policies that it names, read and checked before anything is registered.</summary>
public sealed partial record StackConfig
{
    /// <summary>The instant from which schedules are followed to find their longest gap; fixed, so that a preview does not change by
    /// itself.</summary>
    public static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const int LongestName = 28;

    public required StackRole Role { get; init; }

    public required Names Names { get; init; }

    /// <summary>The region that this stack works in.</summary>
    public string Region => Role == StackRole.Primary ? Names.PrimaryRegion : Names.RecoveryRegion;

    /// <summary>The service's domain; the recovered host is <c>recovered.&lt;domain&gt;</c>.</summary>
    public required string Domain { get; init; }

    /// <summary>Who gets alarms by mail.</summary>
    public required string AlertEmail { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<ProtectedSystem> Systems { get; init; }

    /// <summary>The major version of the PostgreSQL servers.</summary>
    public required int PostgresMajor { get; init; }

    public required Architecture Architecture { get; init; }

    public required JobsConfig Jobs { get; init; }

    public required HostConfig Host { get; init; }

    /// <summary>Roles (ARN patterns) that alone may change what protects the buckets; empty: whoever IAM lets.</summary>
    public required IReadOnlyList<string> Administrators { get; init; }

    /// <summary>US dollars a month above which somebody is told.</summary>
    public required int MonthlyBudget { get; init; }

    /// <summary>GiB of WAL that the replication slot may hold back before somebody is told; below the server's
    /// <c>max_slot_wal_keep_size</c>.</summary>
    public required int SlotGigabytes { get; init; }

    /// <summary>For the estimate: the database's size in GB.</summary>
    public required int DatabaseGigabytes { get; init; }

    /// <summary>For the estimate: the WAL of a day in GB.</summary>
    public required int WalGigabytesPerDay { get; init; }

    /// <summary>On every resource that takes tags.</summary>
    public IReadOnlyDictionary<string, string> Tags => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["twibackup:installation"] = Names.Installation,
        ["twibackup:stack-role"] = Role.ToString().ToLowerInvariant(),
        ["twibackup:managed-by"] = "pulumi",
    };

    /// <summary>Reads and checks it.</summary>
    /// <param name="get">The value of a full key; null: not set.</param>
    /// <param name="root">The folder that paths of policies start at.</param>
    /// <exception cref="ConfigException">Something in it cannot be: one line, beginning with the key.</exception>
    public static StackConfig Read(Func<string, string?> get, string root)
    {
        var reader = new ConfigReader(get);
        var role = reader.Choice("role", StackRole.Primary);
        var account = reader.Required("account", "123456789012");
        if (!AccountForm().IsMatch(account))
            throw ConfigReader.Wrong("account", $"\"{account}\" is no AWS account; write its 12 digits in quotes");
        var (primary, recovery) = ReadRegions(reader, role);
        var systems = ReadSystems(reader, root);
        var architecture = reader.Choice("architecture", Architecture.X64);
        return new StackConfig
        {
            Role = role,
            Names = new Names(systems[0].Name, account, primary, recovery) { AdoptedBuckets = ReadBuckets(reader, primary, recovery) },
            Domain = reader.Formed("domain", DomainForm().IsMatch, "a domain such as example.org")
                ?? reader.Required("domain", "example.org"),
            AlertEmail = reader.Formed("alertEmail", text => MailAddress.TryCreate(text, out _), "a mail address")
                ?? $"backup@{reader.Required("domain", "example.org")}",
            Systems = systems,
            PostgresMajor = reader.Number("postgresMajor", 15, 13, 18),
            Architecture = architecture,
            Jobs = ReadJobs(reader),
            Host = ReadHost(reader, architecture),
            Administrators = reader.Texts("administrators"),
            MonthlyBudget = reader.Number("monthlyBudget", 100, 1, 1_000_000),
            SlotGigabytes = reader.Number("slotGigabytes", 4, 1, 65_536),
            DatabaseGigabytes = reader.Number("databaseGigabytes", 10, 1, 65_536),
            WalGigabytesPerDay = reader.Number("walGigabytesPerDay", 1, 1, 65_536),
        };
    }

    private static (string Primary, string Recovery) ReadRegions(ConfigReader reader, StackRole role)
    {
        var primary = reader.Formed("primaryRegion", RegionForm().IsMatch, "a region such as eu-central-1")
            ?? reader.Required("primaryRegion", "eu-central-1");
        var recovery = reader.Formed("recoveryRegion", RegionForm().IsMatch, "a region such as eu-west-1")
            ?? reader.Required("recoveryRegion", "eu-west-1");
        if (primary == recovery)
            throw ConfigReader.Wrong("recoveryRegion", $"{recovery} is the primary region; a disaster there would take both, name another");
        var wanted = role == StackRole.Primary ? primary : recovery;
        var region = reader.Required("aws:region", wanted);
        return region == wanted
            ? (primary, recovery)
            : throw ConfigReader.Wrong(
                "aws:region", $"{region} is not the region of a stack whose role is {role.ToString().ToLowerInvariant()}; write {wanted}");
    }

    private static Dictionary<string, string> ReadBuckets(ConfigReader reader, string primary, string recovery)
    {
        var buckets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, region) in new[] { ("primaryBucket", primary), ("recoveryBucket", recovery) })
        {
            if (reader.Formed(key, BucketForm().IsMatch, "the name of a bucket") is { } bucket)
                buckets[region] = bucket;
        }

        return buckets;
    }

    private static List<ProtectedSystem> ReadSystems(ConfigReader reader, string root)
    {
        var paths = reader.Texts("policies") is { Count: > 0 } named ? named : [PolicyFile.Name];
        var systems = paths.Select(path => PolicySource.Read(path, root)).ToList();
        foreach (var system in systems)
        {
            if (system.Name.Length > LongestName)
                throw ConfigReader.Wrong(
                    "policies", $"{system.Path}: the system {system.Name} has more than {LongestName} letters, too many for the names of buckets and roles");
        }

        if (systems.GroupBy(system => system.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw ConfigReader.Wrong(
                "policies", $"{string.Join(" and ", twice.Select(system => system.Path))} are of the same system {twice.Key}; give each its own");
        if (systems.FirstOrDefault(system => system.Policy.Stores.Lock != systems[0].Policy.Stores.Lock) is { } other)
            throw ConfigReader.Wrong(
                "policies", $"{other.Path} and {systems[0].Path} share a bucket and differ in stores.lock; write the same in both");
        return systems;
    }

    private static JobsConfig ReadJobs(ConfigReader reader)
    {
        var subnets = reader.Texts("subnets");
        var groups = reader.Texts("securityGroups");
        if (subnets.Count > 0 != groups.Count > 0)
            throw ConfigReader.Wrong(
                subnets.Count > 0 ? "securityGroups" : "subnets",
                    "it is not set and its counterpart is; name subnets and securityGroups, or neither");
        var files = reader.Formed("applicationFiles", FilesForm().IsMatch, "a file system and its access point, fs-…/fsap-…");
        if (files is not null && subnets.Count == 0)
            throw ConfigReader.Wrong(
                "applicationFiles", "a file system is reached only from its own network; name that network's subnets, and securityGroups that let port 2049 out to it");
        return new JobsConfig
        {
            Network = subnets.Count > 0 ? new ExistingNetwork(subnets, groups, reader.Flag("publicIp", otherwise: false)) : null,
            DatabasePort = reader.Number("databasePort", 5432, 1, 65_535),
            ScratchGigabytes = reader.Number("scratchGigabytes", 50, 21, 200),
            ApplicationFiles = files,
            ImageDigest = reader.Formed("imageDigest", DigestForm().IsMatch, "a digest, sha256: and 64 hexadecimal digits"),
            LogDays = reader.Number("logDays", 90, 1, 3653) is var days && LogRetention.Days.Contains(days)
                ? days
                : throw ConfigReader.Wrong("logDays", $"CloudWatch keeps logs for {string.Join(", ", LogRetention.Days)} days, not {days}"),
            ReplicateImages = reader.Flag("replicateImages", otherwise: true),
        };
    }

    private static HostConfig ReadHost(ConfigReader reader, Architecture architecture)
    {
        var mode = reader.Choice("mode", HostMode.Recover);
        var rehearsalImage = reader.Formed("rehearsalImage", ImageForm().IsMatch, "an image, ami-…");
        if (mode == HostMode.Rehearse && rehearsalImage is null)
            throw ConfigReader.Wrong(
                "rehearsalImage", "it is not set, and a rehearsal has no internet to install from; make one as docs/infrastructure.md tells");
        var debian = architecture == Architecture.Arm64 ? "arm64" : "amd64";
        return new HostConfig
        {
            Image = reader.Formed(
                "hostImage", text => ImageForm().IsMatch(text) || text.StartsWith("resolve:ssm:/", StringComparison.Ordinal),
                    "ami-… or resolve:ssm:/…")
                ?? $"resolve:ssm:/aws/service/debian/release/12/latest/{debian}",
            InstanceType = reader.Text("hostType") ?? (architecture == Architecture.Arm64 ? "m7g.large" : "m7i.large"),
            VolumeGigabytes = reader.Number("hostVolumeGigabytes", 100, 8, 16_384),
            Open = [.. reader.Texts("open").Select(text =>
                OpenPort.TryParse(text, out var open) ? open!
                    : throw ConfigReader.Wrong("open", $"\"{text}\" is no port and network, such as \"443 203.0.113.0/24\""))],
            RehearsalImage = rehearsalImage,
            Extensions = [.. reader.Texts("extensions").Select(text =>
                ExtensionForm().IsMatch(text) ? text
                    : throw ConfigReader.Wrong("extensions", $"\"{text}\" is not the name of an extension's package, such as pgvector"))],
            Mode = mode,
            RecoverAt = reader.Formed("recoverAt", InstantForm().IsMatch, "an instant with its offset, such as 2026-11-23T01:30:00Z"),
            OutageSince = reader.Formed("outageSince", InstantForm().IsMatch, "an instant with its offset, such as 2026-11-23T01:30:00Z"),
            HostedZone = reader.Formed("hostedZone", ZoneForm().IsMatch, "the id of a Route 53 zone, Z…"),
        };
    }

    [GeneratedRegex(@"^\d{12}$")]
    private static partial Regex AccountForm();

    [GeneratedRegex(@"^[a-z]{2}(-[a-z]+)+-\d$")]
    private static partial Regex RegionForm();

    [GeneratedRegex(@"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")]
    private static partial Regex DomainForm();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    private static partial Regex BucketForm();

    [GeneratedRegex(@"^fs-[0-9a-f]+/fsap-[0-9a-f]+$")]
    private static partial Regex FilesForm();

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}$")]
    private static partial Regex DigestForm();

    [GeneratedRegex(@"^ami-[0-9a-f]+$")]
    private static partial Regex ImageForm();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.+-]*$")]
    private static partial Regex ExtensionForm();

    [GeneratedRegex(@"^Z[A-Z0-9]+$")]
    private static partial Regex ZoneForm();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex InstantForm();
}
