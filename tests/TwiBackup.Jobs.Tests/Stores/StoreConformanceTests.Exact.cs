using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

// Whether something is there is asked of exactly that key: `aws s3 ls key` answers for every key that begins so (fault 21 of the guide).
public sealed partial class StoreConformanceTests
{
    [Theory, MemberData(nameof(Backends))]
    public async Task A_key_that_only_begins_another_is_not_there(string backend)
    {
        await using var test = await OpenAsync(backend);
        foreach (var other in (string[])["database/x.sql.gz.partial", "database/x.sql.gz.old", "database/x.sql.g", "database/x.sql.gz-1/part"])
            await test.Store.PutBytesAsync(other, new byte[10], PutCondition.IfAbsent, None);

        const string key = "database/x.sql.gz";
        Assert.Null(await test.Store.HeadAsync(key, None));
        Assert.Null(await test.Store.TryReadBytesAsync(key, 100, None));
        await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.OpenReadAsync(key, null, null, None));
        Assert.True(await test.Store.TryPutBytesAsync(key, new byte[7], None));
        Assert.Equal((key, 7), ((await test.Store.HeadAsync(key, None))!.Key, (await test.Store.HeadAsync(key, None))!.Length));
        Assert.Equal(10, (await test.Store.HeadAsync("database/x.sql.gz.partial", None))!.Length);

        await test.Store.DeleteAsync(key, null, None);
        Assert.Null(await test.Store.HeadAsync(key, None));
        Assert.NotNull(await test.Store.HeadAsync("database/x.sql.gz.old", None));
    }
}
