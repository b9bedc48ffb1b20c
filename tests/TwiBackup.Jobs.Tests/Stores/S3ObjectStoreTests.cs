using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

/// <summary>What only a store in a bucket promises, against a real server.</summary>
public sealed class S3ObjectStoreTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] X = [(byte)'x'];

    [Fact]
    public async Task An_overwritten_version_can_still_be_read()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        foreach (var content in (string[])["one", "two", "three"])
            await test.Store.PutBytesAsync("a/k", Encoding.ASCII.GetBytes(content), PutCondition.Replace, None);

        var versions = await test.Store.ListVersionsAsync("a/", None).ToListAsync();

        Assert.Equal([true, false, false], versions.Select(version => version.IsCurrent));
        var contents = await Task.WhenAll(versions.Select(version => ReadAsync(test.Store, "a/k", version.Version)));
        Assert.Equal(["three", "two", "one"], contents);
        Assert.Equal([5, 3, 3], versions.Select(version => version.Length));
        Assert.All(versions, version => Assert.Equal("a/k", version.Key));
    }

    [Fact]
    public async Task A_delete_only_hides_and_versions_are_seen_through_its_marker()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await test.Store.PutBytesAsync("a/j", "other"u8.ToArray(), PutCondition.IfAbsent, None);
        await test.Store.PutBytesAsync("a/k", "kept"u8.ToArray(), PutCondition.IfAbsent, None);
        await test.Store.PutBytesAsync("a/l", "other"u8.ToArray(), PutCondition.IfAbsent, None);

        await test.Store.DeleteAsync("a/k", null, None);

        Assert.Null(await test.Store.HeadAsync("a/k", None));
        await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.OpenReadAsync("a/k", null, null, None));
        Assert.Equal(["a/j", "a/l"], await test.Store.ListAsync("", null, None).Select(info => info.Key).ToListAsync());
        var versions = await test.Store.ListVersionsAsync("", None).ToListAsync();
        Assert.Equal(["a/j", "a/k", "a/k", "a/l"], versions.Select(version => version.Key));
        Assert.Equal([false, true, false, false], versions.Select(version => version.IsDeleteMarker));
        Assert.Equal([true, true, false, true], versions.Select(version => version.IsCurrent));
        Assert.Equal("kept", await ReadAsync(test.Store, "a/k", versions[2].Version));
        await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.OpenReadAsync("a/k", null, versions[1].Version, None));

        await test.Store.DeleteAsync("a/k", versions[1].Version, None);
        Assert.Equal("kept", await ReadAsync(test.Store, "a/k", null));
    }

    [Fact]
    public async Task A_key_whose_object_is_hidden_is_free()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await test.Store.PutBytesAsync("k", "one"u8.ToArray(), PutCondition.IfAbsent, None);
        await test.Store.DeleteAsync("k", null, None);

        await test.Store.PutBytesAsync("k", "two"u8.ToArray(), PutCondition.IfAbsent, None);

        Assert.Equal("two", await ReadAsync(test.Store, "k", null));
        var markers = await test.Store.ListVersionsAsync("k", None).Select(version => version.IsDeleteMarker).ToListAsync();
        Assert.Equal([false, true, false], markers);
    }

    [Fact]
    public async Task Many_versions_of_many_keys_are_listed_over_all_pages()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 30), async (key, token) =>
        {
            for (var version = 0; version < 40; version++)
                await test.Store.PutBytesAsync($"k{key:d2}", new byte[version], PutCondition.Replace, token);
        });

        var versions = await test.Store.ListVersionsAsync("k", None).ToListAsync();

        Assert.Equal(1200, versions.Count);
        Assert.Equal(
            Enumerable.Range(0, 30).SelectMany(key => Enumerable.Range(0, 40).Reverse().Select(version => ($"k{key:d2}", (long)version))),
            versions.Select(version => (version.Key, version.Length)));
        Assert.Equal(30, versions.Count(version => version.IsCurrent));
    }

    [Fact]
    public async Task A_store_sees_nothing_outside_its_prefix()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        using var client = await TestStores.NewClientAsync("owner");
        foreach (var below in (string[])["", "-too/k", "/k", "/folder/", "/.hidden", "/ä"])
            await client.PutObjectAsync(new PutObjectRequest { BucketName = test.Bucket, Key = "some/prefix" + below, ContentBody = "x" });

        Assert.Equal(["k"], await test.Store.ListAsync("", null, None).Select(info => info.Key).ToListAsync());
        Assert.Equal(["k"], await test.Store.ListVersionsAsync("", None).Select(version => version.Key).ToListAsync());
        Assert.Equal(["folder/"], await test.Store.ListFoldersAsync("", None).ToListAsync());
    }

    [Fact]
    public async Task A_store_without_prefix_is_the_whole_bucket()
    {
        await using var test = await TestStores.NewS3StoreAsync(prefix: "");
        await test.Store.PutBytesAsync("a/k", X, PutCondition.IfAbsent, None);

        Assert.Equal(["a/k"], await test.Store.ListAsync("", null, None).Select(info => info.Key).ToListAsync());
        Assert.Equal(["a/"], await test.Store.ListFoldersAsync("", None).ToListAsync());
        Assert.Equal($"s3://{test.Bucket}", test.Store.Location);
        Assert.Equal("x", await ReadAsync(test.Store, "a/k", null));
    }

    [Fact]
    public async Task In_a_bucket_without_versions_the_server_itself_lets_one_writer_win()
    {
        await using var test = await TestStores.NewS3StoreAsync(versioned: false);
        for (var round = 0; round < 10; round++)
        {
            var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer =>
                test.Store.TryPutBytesAsync($"race/{round}", Encoding.ASCII.GetBytes($"writer {writer}"), None)));

            var winner = Assert.Single(Enumerable.Range(0, 8), writer => won[writer]);
            Assert.Equal($"writer {winner}", await ReadAsync(test.Store, $"race/{round}", null));
        }
        Assert.Equal("null", (await test.Store.ListVersionsAsync("race/0", None).SingleAsync()).Version);
    }

    [Fact]
    public async Task Of_uploads_of_many_parts_that_race_one_wins()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        var uploads = await Task.WhenAll(Enumerable.Range(0, 3).Select(async writer =>
        {
            var upload = await test.Store.CreateAsync("large", PutCondition.IfAbsent, None);
            var bytes = new byte[17 << 20];
            Array.Fill(bytes, (byte)writer);
            await upload.WriteAsync(bytes, None);
            return upload;
        }));

        var won = await Task.WhenAll(uploads.Select(async upload =>
        {
            await using (upload)
            {
                try
                {
                    await upload.CommitAsync(None);
                    return true;
                }
                catch (ObjectExistsException)
                {
                    return false;
                }
            }
        }));

        var winner = Assert.Single(Enumerable.Range(0, 3), writer => won[writer]);
        Assert.Equal((byte)winner, (await test.Store.ReadBytesAsync("large", 20 << 20, None))[0]);
        Assert.Single(await test.Store.ListVersionsAsync("large", None).ToListAsync());
    }

    [Fact]
    public async Task A_locked_version_is_not_destroyed_and_that_is_said()
    {
        await using var test = await TestStores.NewS3StoreAsync(objectLock: true);
        using var client = await TestStores.NewClientAsync("owner");
        await client.PutObjectLockConfigurationAsync(new PutObjectLockConfigurationRequest
        {
            BucketName = test.Bucket,
            ObjectLockConfiguration = new ObjectLockConfiguration
            {
                ObjectLockEnabled = ObjectLockEnabled.Enabled,
                Rule = new ObjectLockRule
                {
                    DefaultRetention = new DefaultRetention { Mode = ObjectLockRetentionMode.Compliance, Days = 1 },
                },
            },
        });
        await test.Store.PutBytesAsync("small", "kept"u8.ToArray(), PutCondition.IfAbsent, None);
        await test.Store.PutBytesAsync("large", new byte[20 << 20], PutCondition.IfAbsent, None);

        foreach (var key in (string[])["small", "large"])
        {
            var version = await test.Store.ListVersionsAsync(key, None).SingleAsync();
            var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(() => test.Store.DeleteAsync(key, version.Version, None));
            Assert.Contains("s3:DeleteObjectVersion", refused.Message, StringComparison.Ordinal);
            await test.Store.DeleteAsync(key, null, None);
            Assert.Equal(version.Length, (await test.Store.ListVersionsAsync(key, None).ToListAsync())[1].Length);
        }
    }

    [Fact]
    public async Task A_writer_that_may_only_put_and_list_can_write_look_and_list()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var writer = await OpenAsWriterAsync(
            test, "s3:PutObject", "s3:ListBucket", "s3:ListBucketVersions", "s3:AbortMultipartUpload");

        await writer.PutBytesAsync("small", X, PutCondition.IfAbsent, None);
        await writer.PutBytesAsync("large", new byte[20 << 20], PutCondition.IfAbsent, None);

        Assert.Equal(["large", "small"], await writer.ListAsync("", null, None).Select(info => info.Key).ToListAsync());
        Assert.Equal(20 << 20, (await writer.HeadAsync("large", None))!.Length);
        Assert.Null(await writer.HeadAsync("none", None));
        await Assert.ThrowsAsync<ObjectExistsException>(() => writer.PutBytesAsync("small", "y"u8.ToArray(), PutCondition.IfAbsent, None));
        // The server's own rule gives a writer what it wrote itself.
        await test.Store.PutBytesAsync("theirs", X, PutCondition.IfAbsent, None);
        Assert.Equal(1, (await writer.HeadAsync("theirs", None))!.Length);
        foreach (var (permission, use) in ((string, Func<Task>)[])
            [
                ("s3:GetObject", () => writer.ReadBytesAsync("theirs", 10, None)),
                ("s3:DeleteObject", () => writer.DeleteAsync("theirs", null, None)),
                ("s3:PutObjectTagging", () => writer.SetTagsAsync("theirs", null, new Dictionary<string, string> { ["a"] = "b" }, None)),
                ("s3:GetObjectTagging", () => writer.GetTagsAsync("theirs", null, None)),
            ])
        {
            var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(use);
            Assert.Contains($"{test.Store.Location}/theirs needs permission {permission}.", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
        }
    }

    [Fact]
    public async Task A_reader_that_may_only_read_is_told_what_it_may_not()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await test.Store.PutBytesAsync("k", X, PutCondition.IfAbsent, None);
        await using var reader = await OpenAsWriterAsync(test, "s3:GetObject", "s3:ListBucket");

        Assert.Equal("x", await ReadAsync(reader, "k", null));
        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(() => reader.PutBytesAsync("new", X, PutCondition.IfAbsent, None));
        Assert.Contains("s3:PutObject", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The same bucket as the server's second user, to whom its policy allows only this.</summary>
    private static async Task<IObjectStore> OpenAsWriterAsync(TestStore test, params string[] actions)
    {
        using var client = await TestStores.NewClientAsync("owner");
        await client.PutBucketPolicyAsync(new PutBucketPolicyRequest
        {
            BucketName = test.Bucket,
            Policy = $$"""
                {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::user/writer"]},
                "Action":[{{string.Join(',', actions.Select(action => $"\"{action}\""))}}],
                "Resource":["arn:aws:s3:::{{test.Bucket}}","arn:aws:s3:::{{test.Bucket}}/*"]}]}
                """,
        });
        return ObjectStoreFactory.Open(test.Url, (await S3TestServer.GetAsync()).EnvironmentOf("writer"));
    }

    private static async Task<string> ReadAsync(IObjectStore store, string key, string? version)
    {
        await using var read = await store.OpenReadAsync(key, null, version, None);
        return await new StreamReader(read).ReadToEndAsync();
    }
}
