using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Catalog;

/// <summary>
/// Writes one set: its objects in any order and several at once, then the signature, then the manifest, which makes it a set.
/// Killed at any byte before the last, it leaves objects that nobody takes for one. <see cref="CreateObjectAsync"/> is thread safe.
/// </summary>
public sealed class SetWriter
{
    /// <summary>A clock further off the store's than this would order sets wrongly for a person, and expire them wrongly.</summary>
    public static readonly TimeSpan LargestClockSkew = TimeSpan.FromMinutes(5);

    private readonly SetCatalog catalog;
    private readonly SetKind kind;
    private readonly TimeProvider clock;
    private readonly PreviousSet? previous;
    private readonly DateTimeOffset startedAt;
    private readonly List<ManifestObject> objects = [];
    private readonly Lock gate = new();

    private SetWriter(SetCatalog catalog, SetKind kind, TimeProvider clock, PreviousSet? previous)
    {
        this.catalog = catalog;
        this.kind = kind;
        this.clock = clock;
        this.previous = previous;
        startedAt = clock.GetUtcNow();
        Id = SetId.Create(startedAt);
        Prefix = CatalogKeys.SetPrefix(catalog.System, kind, Id);
    }

    /// <summary>The new set's id.</summary>
    public string Id { get; }

    /// <summary>The new set's prefix in the store, with trailing slash.</summary>
    public string Prefix { get; }

    /// <summary>Begins a set. Throws when there is no signing key, no recipient, or the clock is more than five minutes off the store's.</summary>
    public static async Task<SetWriter> BeginAsync(SetCatalog catalog, SetKind kind, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (catalog.Keys.Signer is null)
            throw new TwiBackupException(ExitCode.WrongUse, "No signing key: a set can't be committed without one. Name it in the policy as keys.signingKey (twibackup key generate makes one).");
        if (catalog.Keys.Recipients.Count == 0)
            throw new TwiBackupException(ExitCode.WrongUse, "No recipient: nothing can be sealed. Name one in the policy as keys.recipients (twibackup key generate makes one).");

        var theirs = await catalog.Store.ReadClockAsync(cancellationToken);
        var skew = clock.GetUtcNow() - theirs;
        if (skew.Duration() > LargestClockSkew)
            throw new TwiBackupException($"This machine's clock is {skew.TotalMinutes:0.#} minutes off the clock of {catalog.Store.Location} ({theirs:u}). Set the clock (NTP) and try again.");

        var ids = await catalog.ListIdsAsync(kind, cancellationToken);
        return new SetWriter(catalog, kind, clock, await ReadPreviousAsync(catalog, kind, ids, cancellationToken));
    }

    /// <summary>Starts an object of the set under <paramref name="name"/>, relative to the set's prefix.</summary>
    public async Task<SetObjectWriter> CreateObjectAsync(string name, SealOptions options, CancellationToken cancellationToken) =>
        new(this, name, await catalog.Store.CreateAsync(Prefix + name, PutCondition.IfAbsent, cancellationToken), catalog.Keys.Recipients, options);

    /// <summary>Commits: signature first, manifest last, both only if absent. Returns the set as a reader would see it.</summary>
    /// <param name="keep">How long the set is promised to be kept.</param>
    /// <param name="describe">Adds what the kind has to say, e.g. <see cref="Manifest.Database"/>.</param>
    public async Task<BackupSet> CommitAsync(TimeSpan keep, Func<Manifest, Manifest> describe, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var manifest = describe(new Manifest
        {
            Format = Manifest.CurrentFormat,
            System = catalog.System,
            Kind = kind.Name(),
            Id = Id,
            Prefix = Prefix,
            Previous = previous,
            Tool = ToolVersion.Text,
            StartedAt = startedAt,
            CompletedAt = now,
            KeepUntil = now + keep,
            Objects = [.. objects.OrderBy(o => o.Name, StringComparer.Ordinal)],
        });
        var bytes = JsonSerializer.SerializeToUtf8Bytes(manifest, CatalogJson.Default.Manifest);
        var signature = Minisign.Sign(catalog.Keys.Signer!, bytes, SetCatalog.TrustedComment(manifest));
        await catalog.Store.PutBytesAsync(Prefix + CatalogKeys.SignatureName, Encoding.UTF8.GetBytes(signature), PutCondition.IfAbsent, cancellationToken);
        await catalog.Store.PutBytesAsync(Prefix + CatalogKeys.ManifestName, bytes, PutCondition.IfAbsent, cancellationToken);
        return new BackupSet(kind, manifest, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    internal void Add(ManifestObject entry)
    {
        lock (gate)
            objects.Add(entry);
    }

    /// <summary>
    /// The newest manifest that this role may trust. A set that is refused is no link of the chain, so the one before it is taken.
    /// </summary>
    private static async Task<PreviousSet?> ReadPreviousAsync(SetCatalog catalog, SetKind kind, IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        await catalog.ReadFirstAsync(kind, ids.Reverse(), cancellationToken) is { } set ? new PreviousSet(set.Id, set.ManifestSha256) : null;
}
