using TwiBackup.Catalog;
using TwiBackup.Scheduling;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Scheduling;

/// <summary>What ran is read from the store: there is no local state to lose, and nothing unsigned is believed.</summary>
public sealed class LastRunsTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = SampleSets.Epoch.AddDays(2);

    private readonly TestStore test = TestStores.NewFileStore();
    private readonly KeyRing keys = SampleSets.NewKeys();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => test.DisposeAsync();

    [Fact]
    public async Task The_newest_signed_set_of_a_kind_is_its_last_run()
    {
        await PlantAsync(SampleSets.Epoch, keys);
        await PlantAsync(SampleSets.Epoch.AddHours(24), keys);
        // Without the writer's key, and from a time that has not come.
        await PlantAsync(SampleSets.Epoch.AddHours(30), SampleSets.NewKeys());
        await PlantAsync(Now.AddYears(10), keys);
        var runs = await ReadAsync();
        Assert.Equal(SampleSets.Epoch.AddHours(24), runs["full"]);
        Assert.False(runs.ContainsKey("dump"));
    }

    [Fact]
    public async Task Restore_points_verifications_and_rehearsals_count_too()
    {
        var layout = new WalLayout(SampleSets.System, 15, 7000000000000000001);
        foreach (var at in (DateTimeOffset[])[SampleSets.Epoch, SampleSets.Epoch.AddHours(3), Now.AddHours(1)])
            await PutAsync(layout.Point($"twibackup-{SampleSets.Id(at)}"));
        await PutAsync($"{CatalogKeys.Rehearsals(SampleSets.System)}{SampleSets.Id(SampleSets.Epoch.AddHours(4))}.json");
        var verifier = SigningKey.Generate();
        await Log(verifier).WriteAsync(Record(SampleSets.Epoch.AddHours(5)), verifier, Cancellation);
        var stranger = SigningKey.Generate();
        await Log(stranger).WriteAsync(Record(SampleSets.Epoch.AddHours(6)), stranger, Cancellation);
        var runs = await ReadAsync(verifier);
        Assert.Equal(SampleSets.Epoch.AddHours(3), runs["incremental"]);
        Assert.Equal(SampleSets.Epoch.AddHours(4), runs["rehearsal"]);
        Assert.Equal(SampleSets.Epoch.AddHours(5), runs["verification full"]);
    }

    private VerificationLog Log(SigningKey trusted) => new(test.Store, SampleSets.System, [trusted.Public]);

    private Task<IReadOnlyDictionary<string, DateTimeOffset>> ReadAsync(SigningKey? verifier = null) => LastRuns.ReadAsync(
        new SetCatalog(test.Store, SampleSets.System, keys), Log(verifier ?? SigningKey.Generate()), Now, Cancellation);

    private Task<BackupSet> PlantAsync(DateTimeOffset at, KeyRing signedBy) => SampleSets.PlantAsync(
        test.Store, signedBy, SetKind.Full, SampleSets.Manifest(SetKind.Full, SampleSets.Id(at), at.AddDays(30)) with { StartedAt = at, CompletedAt = at });

    private Task<ObjectInfo> PutAsync(string key) => test.Store.PutBytesAsync(key, new byte[10], PutCondition.IfAbsent, Cancellation);

    private static VerificationRecord Record(DateTimeOffset at) => new()
    {
        Format = VerificationRecord.CurrentFormat,
        System = SampleSets.System,
        Id = SampleSets.Id(at),
        Kind = "full",
        SetId = SampleSets.Id(SampleSets.Epoch),
        Proven = true,
        Failed = false,
        StartedAt = at,
        CompletedAt = at.AddMinutes(5),
        Target = "the newest",
        Checks = [],
    };
}
