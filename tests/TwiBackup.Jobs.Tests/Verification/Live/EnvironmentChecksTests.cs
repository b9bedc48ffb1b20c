using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification.Live;

public sealed class EnvironmentChecksTests
{
    private const string Section = """
        { "environment": {
            "file": "DIR/.env",
            "required": ["BOT_TOKEN", "DATABASE_URL|HOST|PGHOST"],
            "groups": [{ "names": ["AO3_USERNAME", "AO3_PASSWORD"] }],
            "values": [{ "name": "ENVIRONMENT", "oneOf": ["staging", "production"] }, { "name": "LOGFILE", "noneOf": ["test"] }],
            "json": ["CHANNEL_IDS"] } }
        """;

    private const string Good = "BOT_TOKEN=S3cret-token\nPGHOST=db\nAO3_USERNAME=S3cret-name\nAO3_PASSWORD=S3cret-word\nENVIRONMENT=production\nLOGFILE=bot\nCHANNEL_IDS={\"a\": 1}\n";

    [Fact]
    public async Task A_good_file_passes_and_none_of_its_values_is_shown()
    {
        await using var system = new LiveSystem();
        system.Write(".env", Good);
        var record = await system.AskAsync(Section, "environment");
        LiveSystem.Passed(record);
        Assert.Equal(
            ["environment/file", "environment/required", "environment/groups", "environment/values", "environment/json"],
            record.Checks.Select(check => check.Name));
        NothingSecret(record);
    }

    [Theory]
    [InlineData("BOT_TOKEN=S3cret-token", "BOT_TOKEN=", "required", "BOT_TOKEN is missing or empty")]
    [InlineData("PGHOST=db", "PGHOST=", "required", "DATABASE_URL or HOST or PGHOST is missing or empty")]
    [InlineData("AO3_PASSWORD=S3cret-word\n", "", "groups", "AO3_USERNAME without AO3_PASSWORD")]
    [InlineData("ENVIRONMENT=production", "ENVIRONMENT=S3cret-production", "values", "ENVIRONMENT is none of staging, production")]
    [InlineData("LOGFILE=bot", "LOGFILE=test", "values", "LOGFILE is what it must not be (test)")]
    [InlineData("CHANNEL_IDS={\"a\": 1}", "CHANNEL_IDS={S3cret", "json", "CHANNEL_IDS is no JSON")]
    [InlineData("LOGFILE=bot", "LOGFILE=bot\nTWITTER S3cret=1", "file", "has lines that set nothing: 7")]
    public async Task What_is_wrong_is_found_and_named_without_its_value(string piece, string replacement, string check, string named)
    {
        await using var system = new LiveSystem();
        system.Write(".env", Good.Replace(piece, replacement, StringComparison.Ordinal));
        var record = await system.AskAsync(Section, "environment");
        var failed = LiveSystem.Failed(record);
        Assert.Equal($"environment/{check}", failed.Name);
        Assert.Contains(named, failed.Detail, StringComparison.Ordinal);
        NothingSecret(record);
    }

    [Fact]
    public async Task Others_than_the_owner_may_not_read_it()
    {
        await using var system = new LiveSystem();
        var path = system.Write(".env", Good, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var failed = LiveSystem.Failed(await system.AskAsync(Section, "environment/file"));
        Assert.Contains($"has mode 0640, so that others than its owner can use it: chmod 600 {path}", failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_owner_is_found()
    {
        await using var system = new LiveSystem();
        system.Write(".env", Good);
        var mine = Section.Replace("\"file\"", "\"owner\": \"65533\", \"file\"", StringComparison.Ordinal);
        Assert.Contains("not to 65533", LiveSystem.Failed(await system.AskAsync(mine, "environment/file")).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_file_everything_that_it_should_say_fails()
    {
        await using var system = new LiveSystem();
        var record = await system.AskAsync(Section, "environment");
        Assert.Equal(5, record.Checks.Count(check => !check.Passed));
        Assert.All(record.Checks, check => Assert.Contains("/.env is not there", check.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_not_configured_is_said_and_not_passed()
    {
        await using var system = new LiveSystem();
        system.Write(".env", Good);
        var record = await system.AskAsync("""{ "environment": { "file": "DIR/.env" } }""", "environment");
        Assert.Equal(["environment/file"], record.Checks.Select(check => check.Name));
        Assert.Equal(
            ["environment/required", "environment/groups", "environment/values", "environment/json"], record.NotRun!.Select(check => check.Name));
        Assert.Contains("the policy has no verification.system.environment.json", record.NotRun!.Select(check => check.Why));
    }

    private static void NothingSecret(VerificationRecord record) =>
        Assert.DoesNotContain(record.Checks, check => check.Detail.Contains("S3cret", StringComparison.Ordinal));
}
