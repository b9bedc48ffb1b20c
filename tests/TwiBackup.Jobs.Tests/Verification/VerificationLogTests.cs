using System.Text;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification;

/// <summary>Only whoever holds the verifier's key can say that a set was proven.</summary>
public sealed class VerificationLogTests : IAsyncDisposable
{
    private readonly TestStore store = TestStores.NewFileStore();
    private readonly SigningKey verifier = SigningKey.Generate();

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_forged_edited_copied_or_planted_record_is_passed_over()
    {
        var log = new VerificationLog(store.Store, "twi", [verifier.Public]);
        var failed = Record("20261123T020000Z-0001", proven: false);
        await log.WriteAsync(failed, verifier, Cancellation);
        await new VerificationLog(store.Store, "twi", [verifier.Public]).WriteAsync(Record("20261123T020000Z-0002", proven: true), SigningKey.Generate(), Cancellation);
        await new VerificationLog(store.Store, "other", [verifier.Public]).WriteAsync(Record("20261123T020000Z-0003", proven: true) with { System = "other" }, verifier, Cancellation);

        // The good record copied to another name, from another system, and edited.
        foreach (var suffix in (string[])["", ".minisig"])
        {
            await CopyAsync($"twi/verification/{failed.Id}.json{suffix}", $"twi/verification/20261123T020000Z-0004.json{suffix}");
            await CopyAsync($"other/verification/20261123T020000Z-0003.json{suffix}", $"twi/verification/20261123T020000Z-0003.json{suffix}");
            await CopyAsync($"twi/verification/{failed.Id}.json{suffix}", $"twi/verification/20261123T020000Z-0005.json{suffix}");
        }

        var edited = Path.Combine(store.Root, "twi/verification/20261123T020000Z-0005.json");
        await File.WriteAllTextAsync(edited, (await File.ReadAllTextAsync(edited, Cancellation)).Replace("\"proven\": false", "\"proven\": true", StringComparison.Ordinal), Cancellation);
        await PutAsync("twi/verification/20261123T020000Z-0006.json", "{");
        await PutAsync("twi/verification/20261123T020000Z-0007.json", new string('x', 2 << 20));
        await PutAsync("twi/verification/20261123T020000Z-0007.json.minisig", "x");
        await PutAsync("twi/verification/stray", "x");

        var listed = Assert.Single(await log.ListAsync(Cancellation));
        Assert.Equal((failed.Id, false), (listed.Id, listed.Proven));
    }

    [Fact]
    public async Task A_record_is_never_overwritten()
    {
        var log = new VerificationLog(store.Store, "twi", [verifier.Public]);
        var record = Record("20261123T020000Z-0001", proven: false);
        await log.WriteAsync(record, verifier, Cancellation);
        await Assert.ThrowsAsync<ObjectExistsException>(() => log.WriteAsync(record with { Proven = true }, verifier, Cancellation));
        Assert.False(Assert.Single(await log.ListAsync(Cancellation)).Proven);
    }

    private static VerificationRecord Record(string id, bool proven) => new()
    {
        Format = VerificationRecord.CurrentFormat,
        System = "twi",
        Id = id,
        Kind = "full",
        SetId = "20261123T010000Z-0000",
        Proven = proven,
        Failed = !proven,
        StartedAt = DateTimeOffset.UnixEpoch,
        CompletedAt = DateTimeOffset.UnixEpoch,
        Target = "the newest point",
        Checks = [new Check("restore", proven, "detail")],
    };

    private Task<ObjectInfo> PutAsync(string key, string text) => store.Store.PutBytesAsync(key, Encoding.UTF8.GetBytes(text), PutCondition.IfAbsent, Cancellation);

    private async Task CopyAsync(string from, string to) =>
        await store.Store.PutBytesAsync(to, await store.Store.ReadBytesAsync(from, 1 << 20, Cancellation), PutCondition.IfAbsent, Cancellation);
}
