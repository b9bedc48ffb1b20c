using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

// What happens to objects after they were put: tags, deletes, versions.
public sealed partial class StoreConformanceTests
{
    [Theory, MemberData(nameof(Backends))]
    public async Task Delete_can_be_repeated(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("a/k", "x"u8.ToArray(), PutCondition.IfAbsent, None);

        await test.Store.DeleteAsync("a/k", null, None);
        await test.Store.DeleteAsync("a/k", null, None);
        await test.Store.DeleteAsync("never/was", null, None);
        await test.Store.DeleteAsync("never/was", "nosuchversion", None);

        Assert.Null(await test.Store.HeadAsync("a/k", None));
        Assert.Empty(await KeysAsync(test.Store, ""));
        await test.Store.PutBytesAsync("a/k", "again"u8.ToArray(), PutCondition.IfAbsent, None);
        Assert.Equal("again"u8.ToArray(), await test.Store.ReadBytesAsync("a/k", 10, None));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Tags_are_replaced_as_a_whole(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("a/k", "x"u8.ToArray(), PutCondition.IfAbsent, None);

        Assert.Empty(await test.Store.GetTagsAsync("a/k", null, None));
        await test.Store.SetTagsAsync("a/k", null, Tags(("retention", "expire"), ("b", "c d+e:f/g@h=_.-")), None);
        Assert.Equal(Tags(("retention", "expire"), ("b", "c d+e:f/g@h=_.-")), await test.Store.GetTagsAsync("a/k", null, None));
        await test.Store.SetTagsAsync("a/k", null, Tags(("retention", "expire-data")), None);
        Assert.Equal(Tags(("retention", "expire-data")), await test.Store.GetTagsAsync("a/k", null, None));
        await test.Store.SetTagsAsync("a/k", null, Tags(), None);
        Assert.Empty(await test.Store.GetTagsAsync("a/k", null, None));
        Assert.Equal(["a/k"], await KeysAsync(test.Store, ""));
        Assert.Equal("x"u8.ToArray(), await test.Store.ReadBytesAsync("a/k", 10, None));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Tags_never_outlive_their_object(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("a/k", "x"u8.ToArray(), PutCondition.IfAbsent, None);
        await test.Store.SetTagsAsync("a/k", null, Tags(("retention", "expire")), None);
        Assert.False(await test.Store.TryPutBytesAsync("a/k", "y"u8.ToArray(), None));
        Assert.Equal(Tags(("retention", "expire")), await test.Store.GetTagsAsync("a/k", null, None));

        await test.Store.PutBytesAsync("a/k", "y"u8.ToArray(), PutCondition.Replace, None);
        Assert.Empty(await test.Store.GetTagsAsync("a/k", null, None));

        await test.Store.SetTagsAsync("a/k", null, Tags(("retention", "expire")), None);
        await test.Store.DeleteAsync("a/k", null, None);
        await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.GetTagsAsync("a/k", null, None));
        await test.Store.PutBytesAsync("a/k", "z"u8.ToArray(), PutCondition.IfAbsent, None);
        Assert.Empty(await test.Store.GetTagsAsync("a/k", null, None));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Tags_that_s3_would_refuse_are_refused(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("k", "x"u8.ToArray(), PutCondition.IfAbsent, None);

        Dictionary<string, string>[] wrong =
        [
            Tags(("", "x")), Tags((new('x', 129), "")), Tags(("x", new('x', 257))), Tags(("a<b", "")),
            Tags([.. Enumerable.Range(0, 11).Select(n => ($"t{n}", ""))]),
        ];
        foreach (var tags in wrong)
            await Assert.ThrowsAsync<TwiBackupException>(() => test.Store.SetTagsAsync("k", null, tags, None));
        Assert.Empty(await test.Store.GetTagsAsync("k", null, None));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task The_version_that_is_listed_can_be_read_and_destroyed(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("a/k", "x"u8.ToArray(), PutCondition.IfAbsent, None);

        var version = Assert.Single(await test.Store.ListVersionsAsync("a/", None).ToListAsync());

        Assert.Equal(("a/k", 1, true, false), (version.Key, version.Length, version.IsCurrent, version.IsDeleteMarker));
        await using (var read = await test.Store.OpenReadAsync("a/k", null, version.Version, None))
            Assert.Equal("x", await new StreamReader(read).ReadToEndAsync());
        await test.Store.DeleteAsync("a/k", version.Version, None);
        await test.Store.DeleteAsync("a/k", version.Version, None);
        Assert.Empty(await test.Store.ListVersionsAsync("", None).ToListAsync());
    }
}
