using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Catalog;

/// <summary>Sets as jobs would have written them, at any time and place.</summary>
internal static class SampleSets
{
    public const string System = "twi";

    /// <summary>An instant from which tests count.</summary>
    public static readonly DateTimeOffset Epoch = new(2026, 11, 23, 2, 0, 0, TimeSpan.Zero);

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static KeyRing NewKeys()
    {
        var identity = AgeIdentity.Generate();
        var signer = SigningKey.Generate();
        return new KeyRing([identity.Recipient], [identity], signer, [signer.Public]);
    }

    public static string Id(DateTimeOffset at, int suffix = 0) => $"{at.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{suffix:x4}";

    public static SourceFacts Facts(uint timeline, ulong start, ulong stop, DateTimeOffset stopTime, string systemIdentifier = "7000000000000000001") => new()
    {
        ServerVersion = 150018,
        SystemIdentifier = systemIdentifier,
        Timeline = timeline,
        StartLsn = new Lsn(start).ToString(),
        StopLsn = new Lsn(stop).ToString(),
        StopTime = stopTime,
        NextXid = 1000,
        Superuser = "postgres",
        WalSegmentSize = 1 << 20,
        DataChecksums = true,
        Platform = "x86_64-pc-linux-gnu",
        Collations = new Dictionary<string, string>(),
        Extensions = new Dictionary<string, string>(),
        Settings = new Dictionary<string, string>(),
        Databases = new Dictionary<string, long>(),
    };

    public static Manifest Manifest(SetKind kind, string id, DateTimeOffset keepUntil, SourceFacts? facts = null, string system = System) => new()
    {
        Format = TwiBackup.Catalog.Manifest.CurrentFormat,
        System = system,
        Kind = kind.Name(),
        Id = id,
        Prefix = CatalogKeys.SetPrefix(system, kind, id),
        Tool = "test",
        StartedAt = Epoch,
        CompletedAt = Epoch,
        KeepUntil = keepUntil,
        Objects = [],
        Database = facts ?? (kind.IsPhysical() ? Facts(1, 0x1000000, 0x1000100, Epoch) : null),
    };

    public static BackupSet Set(SetKind kind, string id, DateTimeOffset keepUntil, SourceFacts? facts = null) => new(kind, Manifest(kind, id, keepUntil, facts), "");

    /// <summary>Puts a manifest with its signature, and objects with any content, where it says it lies.</summary>
    public static async Task<BackupSet> PlantAsync(IObjectStore store, KeyRing keys, SetKind kind, Manifest manifest, params string[] objects)
    {
        var listed = new List<ManifestObject>();
        foreach (var name in objects)
        {
            var content = RandomNumberGenerator.GetBytes(100);
            await store.PutBytesAsync(manifest.Prefix + name, content, PutCondition.IfAbsent, Cancellation);
            listed.Add(new ManifestObject(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)), 10));
        }

        manifest = manifest with { Objects = listed };
        var (bytes, signature) = Sign(keys.Signer!, manifest);
        await store.PutBytesAsync(manifest.Prefix + CatalogKeys.SignatureName, signature, PutCondition.Replace, Cancellation);
        await store.PutBytesAsync(manifest.Prefix + CatalogKeys.ManifestName, bytes, PutCondition.Replace, Cancellation);
        return new BackupSet(kind, manifest, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    public static (byte[] Bytes, byte[] Signature) Sign(SigningKey signer, Manifest manifest)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(manifest, CatalogJson.Default.Manifest);
        return (bytes, Encoding.UTF8.GetBytes(Minisign.Sign(signer, bytes, SetCatalog.TrustedComment(manifest))));
    }

    /// <summary>Writes a set as a job does, now.</summary>
    public static async Task<BackupSet> WriteAsync(SetCatalog catalog, SetKind kind, params (string Name, byte[] Content)[] objects)
    {
        var writer = await SetWriter.BeginAsync(catalog, kind, TimeProvider.System, Cancellation);
        foreach (var (name, content) in objects)
        {
            await using var entry = await writer.CreateObjectAsync(name, new SealOptions(1, HashPlaintext: false), Cancellation);
            await entry.Content.WriteAsync(content, Cancellation);
            await entry.CompleteAsync(Cancellation);
        }

        return await writer.CommitAsync(
            TimeSpan.FromDays(30), m => kind.IsPhysical() ? m with { Database = Facts(1, 0x1000000, 0x1000100, Epoch) } : m, Cancellation);
    }

    /// <summary>Reads one object of a set whole.</summary>
    public static Task<byte[]> ReadAsync(SetCatalog catalog, BackupSet set, string name, Progress.IProgressReporter? progress = null) => SetObjects.ReadAsync(
        catalog, set, set.Manifest.Objects.Single(o => o.Name == name),
        async stream =>
        {
            using var content = new MemoryStream();
            await stream.CopyToAsync(content, Cancellation);
            return content.ToArray();
        },
        progress ?? TwiBackup.Progress.SilentProgress.Instance,
        Cancellation);
}
