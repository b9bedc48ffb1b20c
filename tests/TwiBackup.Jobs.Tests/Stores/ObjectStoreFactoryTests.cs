using Amazon.Runtime;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

public sealed class ObjectStoreFactoryTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    [Theory]
    [InlineData("/backup", "'/backup' is no store")]
    [InlineData("ftp://host/x", "'ftp' is no kind of store")]
    [InlineData("S3://bucket", "Did you mean s3?")]
    [InlineData("fil:///x", "Did you mean file?")]
    [InlineData("file://backup/x", "is relative")]
    [InlineData("file://", "names no folder")]
    [InlineData("file:///", "names no folder")]
    [InlineData("file:///a/../b", "goes through")]
    [InlineData("file:///a?sync=true", "has no options; 'sync' is unknown")]
    [InlineData("s3://bucket/p", "needs its region")]
    [InlineData("s3://bucket?regoin=eu-central-1", "'regoin' is no option of a s3 store. Did you mean region?")]
    [InlineData("s3://bucket?pathStyle=true", "Did you mean forcePathStyle?")]
    [InlineData("s3://bucket?region=a&region=b", "gives 'region' twice")]
    [InlineData("s3://bucket?region=a&forcePathStyle=yes", "forcePathStyle is true or false, not 'yes'")]
    [InlineData("s3://bucket?endpoint=localhost:9000", "not of the form https://host:port")]
    [InlineData("s3://bucket?endpoint=ftp://localhost", "not of the form https://host:port")]
    [InlineData("s3://bucket?endpoint=https://localhost/path", "not of the form https://host:port")]
    [InlineData("s3://B_ucket?region=a", "cannot be a bucket's name")]
    [InlineData("s3:///prefix?region=a", "cannot be a bucket's name")]
    [InlineData("s3://bucket/a//b?region=a", "cannot be a store's prefix")]
    [InlineData("s3://bucket/../b?region=a", "cannot be a store's prefix")]
    public void A_wrong_url_is_wrong_use_told_in_one_line(string url, string reason)
    {
        var refused = Assert.Throws<TwiBackupException>(() => ObjectStoreFactory.Open(url, NoEnvironment));

        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Theory]
    [InlineData("s3://AKIA:hushhush@bucket/p?region=a")]
    [InlineData("s3://hushhush@bucket/p?region=a")]
    [InlineData("s3://bucket/p?region=a&accessKey=hushhush")]
    [InlineData("s3://bucket/p?region=a&secret=hushhush")]
    [InlineData("s3://bucket/p?region=a&sessionToken=hushhush")]
    [InlineData("s3://bucket/p?endpoint=https://user:hushhush@localhost")]
    public void Credentials_in_a_url_are_refused_and_not_repeated(string url)
    {
        var refused = Assert.Throws<TwiBackupException>(() => ObjectStoreFactory.Open(url, NoEnvironment));

        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("credentials", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hushhush", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_half_of_a_key_is_wrong_use()
    {
        var environment = new Dictionary<string, string> { ["AWS_ACCESS_KEY_ID"] = "AKIA", ["AWS_SECRET_ACCESS_KEY"] = "" };

        var refused = Assert.Throws<TwiBackupException>(() => ObjectStoreFactory.Open("s3://bucket?region=a", environment));

        Assert.Equal("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not. Set both.", refused.Message);
    }

    [Fact]
    public async Task A_url_says_where_the_store_is()
    {
        await using var folder = ObjectStoreFactory.Open("file:///srv/twi%20backup/", NoEnvironment);
        await using var bucket = ObjectStoreFactory.Open("s3://bucket/a/b/?region=eu-central-1", NoEnvironment);
        await using var whole = ObjectStoreFactory.Open("s3://bucket?region=eu-central-1", NoEnvironment);

        Assert.Equal("file:///srv/twi backup", folder.Location);
        Assert.Equal("s3://bucket/a/b", bucket.Location);
        Assert.Equal("s3://bucket", whole.Location);
    }

    [Fact]
    public async Task What_a_url_leaves_out_comes_from_the_environment()
    {
        var environment = new Dictionary<string, string>
        {
            ["AWS_DEFAULT_REGION"] = "eu-west-3",
            ["AWS_ACCESS_KEY_ID"] = "id",
            ["AWS_SECRET_ACCESS_KEY"] = "secret",
            ["AWS_SESSION_TOKEN"] = "token",
        };

        var amazon = Parse("s3://bucket", environment);
        var own = Parse("s3://bucket?endpoint=https%3A%2F%2Fs3.example%3A9000", NoEnvironment);

        Assert.Equal(("eu-west-3", null, false), (amazon.Region, amazon.Endpoint, amazon.ForcePathStyle));
        var credentials = await amazon.Credentials!.GetCredentialsAsync();
        Assert.Equal(("id", "secret", "token"), (credentials.AccessKey, credentials.SecretKey, credentials.Token));
        Assert.Equal(("us-east-1", new Uri("https://s3.example:9000"), true), (own.Region, own.Endpoint, own.ForcePathStyle));
        Assert.Null(own.Credentials);
        Assert.Equal("eu-north-1", Parse("s3://bucket?region=eu-north-1", environment).Region);
        Assert.Equal("x", Parse("s3://bucket", new Dictionary<string, string>(environment) { ["AWS_REGION"] = "x" }).Region);
        Assert.IsType<BasicAWSCredentials>(
            Parse("s3://bucket", new Dictionary<string, string>(environment) { ["AWS_SESSION_TOKEN"] = "" }).Credentials);
    }

    private static S3Settings Parse(string url, IReadOnlyDictionary<string, string> environment) =>
        ObjectStoreFactory.ParseS3(StoreUrl.Parse(url), environment);
}
