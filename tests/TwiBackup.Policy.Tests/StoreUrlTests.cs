using TwiBackup.Policy.Json;

namespace TwiBackup.Policy.Tests;

public sealed class StoreUrlTests
{
    [Theory]
    [InlineData("s3://bucket", "s3://bucket")]
    [InlineData("S3://Bucket/", "s3://bucket")]
    [InlineData("s3://bucket/prefix//", "s3://bucket/prefix")]
    [InlineData(
        "s3://bucket/Prefix?region=eu-west-1&endpoint=HTTP://LocalHost:8000/",
        "s3://bucket/Prefix?endpoint=http://localhost:8000&region=eu-west-1")]
    [InlineData("s3://bucket?endpoint=https%3A%2F%2Fs3.example%3A443", "s3://bucket?endpoint=https://s3.example")]
    [InlineData("s3://bucket/a%20b/c%25d?forcePathStyle=true", "s3://bucket/a b/c%25d?forcePathStyle=true")]
    [InlineData("file:///backups/", "file:///backups")]
    [InlineData("file:///a%20b%3Fc", "file:///a b%3Fc")]
    [InlineData("/a%20b?c", "file:///a%2520b%3Fc")]
    [InlineData("file:/backups/./a/../b", "file:///backups/b")]
    [InlineData("/backups", "file:///backups")]
    [InlineData("backups", "file:///srv/backups")]
    [InlineData("./a:b", "file:///srv/a:b")]
    [InlineData("file:backups", "file:///srv/backups")]
    public void One_place_has_one_form(string text, string normal)
    {
        Assert.True(StoreUrl.TryNormalise(text, "/srv", out var url, out _));
        Assert.Equal(normal, url);
        Assert.True(StoreUrl.TryNormalise(url, "/elsewhere", out var again, out _));
        Assert.Equal(normal, again);
    }

    [Theory]
    [InlineData("s3:bucket")]
    [InlineData("s3:///prefix")]
    [InlineData("s3://ab")]
    [InlineData("s3://bucket/a#b")]
    [InlineData("http://bucket")]
    [InlineData("file://host/folder")]
    [InlineData("/")]
    [InlineData("file:///")]
    [InlineData("file:///a?region=x")]
    [InlineData("s3://bucket?regoin=x")]
    [InlineData("s3://bucket?region=x&region=y")]
    [InlineData("s3://bucket?endpoint=localhost")]
    [InlineData("s3://bucket?endpoint=http://localhost/path")]
    [InlineData("s3://bucket?forcePathStyle=yes")]
    [InlineData("s3://bucket?region=x&accessKeyId=y")]
    [InlineData("/a\nb")]
    public void What_is_no_store_is_refused(string text)
    {
        Assert.False(StoreUrl.TryNormalise(text, "/srv", out _, out var problem));
        Assert.DoesNotContain(problem, char.IsControl);
    }
}
