using Amazon.Runtime;
using Amazon.S3;
using TwiBackup.Postgres;
using TwiBackup.Stores;

namespace TwiBackup.Comparison.Peers;

/// <summary>Ceph's S3 server on this machine, with its data on the disk; the tests' own script starts it.</summary>
internal sealed class Radosgw : IAsyncDisposable
{
    private readonly string _scripts;
    private readonly string _folder;
    private readonly Dictionary<string, string> _values;

    private Radosgw(string scripts, string folder, Dictionary<string, string> values) => (_scripts, _folder, _values) = (scripts, folder, values);

    /// <summary>Credentials for whoever uses its buckets.</summary>
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>
    {
        ["AWS_ACCESS_KEY_ID"] = _values["OWNER_ACCESS_KEY"],
        ["AWS_SECRET_ACCESS_KEY"] = _values["OWNER_SECRET_KEY"],
    };

    /// <summary>Null, and that is said, when it is not installed.</summary>
    public static async Task<Radosgw?> StartAsync(Bench bench, CancellationToken cancellationToken)
    {
        if (!File.Exists("/usr/bin/radosgw"))
        {
            Bench.Say("radosgw is not installed: rows with an S3 store are left out");
            return null;
        }

        var scripts = FindScripts();
        var folder = Path.Combine(bench.Folder, "radosgw");
        Bench.Say("starting radosgw");
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions { Program = Path.Combine(scripts, "start-rgw"), Arguments = [folder], OwnSession = true }, cancellationToken);
        result.ThrowIfFailed("start-rgw", "Leave its rows out: --rows");
        var values = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        return new Radosgw(scripts, folder, values);
    }

    /// <summary>Makes a bucket; the store's URL for a policy.</summary>
    public async Task<string> NewBucketAsync(string name, CancellationToken cancellationToken)
    {
        using var client = new AmazonS3Client(
            new BasicAWSCredentials(_values["OWNER_ACCESS_KEY"], _values["OWNER_SECRET_KEY"]),
            new AmazonS3Config { ServiceURL = _values["ENDPOINT"], ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
        await client.PutBucketAsync(name, cancellationToken);
        return UrlOf(name);
    }

    /// <summary>The store in a bucket.</summary>
    public IObjectStore OpenStore(string bucket) => ObjectStoreFactory.Open(UrlOf(bucket), Environment.ToDictionary(e => e.Key, e => e.Value!));

    public async ValueTask DisposeAsync()
    {
        await ChildProcess.RunAsync(
            new ChildProcessOptions { Program = Path.Combine(_scripts, "stop-rgw"), Arguments = [_folder] }, CancellationToken.None);
    }

    private string UrlOf(string bucket) => $"s3://{bucket}/store?endpoint={_values["ENDPOINT"]}&forcePathStyle=true";

    private static string FindScripts()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var scripts = Path.Combine(folder, "tests", "servers");
            if (File.Exists(Path.Combine(scripts, "start-rgw")))
                return scripts;
        }

        throw new TwiBackupException($"tests/servers/start-rgw is not found above {AppContext.BaseDirectory}.");
    }
}
