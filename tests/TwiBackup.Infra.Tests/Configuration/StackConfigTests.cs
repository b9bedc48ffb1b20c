using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests.Configuration;

public sealed class StackConfigTests
{
    [Theory]
    [InlineData("aws:region", null, "run: pulumi config set aws:region eu-central-1")]
    [InlineData("aws:region", "us-east-1", "write eu-central-1")]
    [InlineData("twibackup:role", "both", "primary, recovery")]
    [InlineData("twibackup:account", null, "pulumi config set")]
    [InlineData("twibackup:account", "12345", "12 digits")]
    [InlineData("twibackup:domain", null, "pulumi config set")]
    [InlineData("twibackup:domain", "not a domain", "example.org")]
    [InlineData("twibackup:alertEmail", "nobody", "mail address")]
    [InlineData("twibackup:primaryRegion", "europe", "eu-central-1")]
    [InlineData("twibackup:recoveryRegion", "eu-central-1", "would take both")]
    [InlineData("twibackup:policies", "[\"nowhere.json\"]", "does not exist")]
    [InlineData("twibackup:policies", "[\"twibackup.json\", \"twibackup.json\"]", "same system")]
    [InlineData("twibackup:policies", "twibackup.json", "list of texts")]
    [InlineData("twibackup:postgresMajor", "9", "13 to 18")]
    [InlineData("twibackup:architecture", "mips", "x64, arm64")]
    [InlineData("twibackup:subnets", "[\"subnet-1\"]", "securityGroups")]
    [InlineData("twibackup:databasePort", "0", "1 to 65535")]
    [InlineData("twibackup:scratchGigabytes", "500", "21 to 200")]
    [InlineData("twibackup:applicationFiles", "/app", "fs-")]
    [InlineData("twibackup:applicationFiles", "fs-0a/fsap-0b", "port 2049")]
    [InlineData("twibackup:imageDigest", "latest", "sha256:")]
    [InlineData("twibackup:replicateImages", "yes", "true nor false")]
    [InlineData("twibackup:logDays", "91", "90")]
    [InlineData("twibackup:monthlyBudget", "-5", "whole number")]
    [InlineData("twibackup:open", "[\"22\"]", "port and network")]
    [InlineData("twibackup:hostImage", "debian", "ami-")]
    [InlineData("twibackup:mode", "try", "recover, rehearse")]
    [InlineData("twibackup:recoverAt", "yesterday", "offset")]
    [InlineData("twibackup:recoverAt", "2026-11-23T01:30:00", "offset")]
    [InlineData("twibackup:recoverAt", "2026-11-23T01:30:00Z; reboot", "offset")]
    [InlineData("twibackup:outageSince", "an hour ago", "offset")]
    [InlineData("twibackup:hostedZone", "example.org", "Z")]
    [InlineData("twibackup:extensions", "[\"pgvector; reboot\"]", "pgvector")]
    public void A_wrong_key_is_named_in_one_line_that_says_what_to_write(string key, string? value, string says)
    {
        var problem = Assert.Throws<ConfigException>(() => Samples.Config("prod", new Dictionary<string, string?> { [key] = value }));
        Assert.Contains(':', problem.Key);
        Assert.StartsWith(key == "twibackup:subnets" ? "twibackup:securityGroups: " : $"{key}: ", problem.Message,
            StringComparison.Ordinal);
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Message);
    }

    [Theory]
    [InlineData("\"lock\": { \"mode\": \"governance\" },", "", "stores.lock is missing")]
    [InlineData("\"env:TWIBACKUP_IDENTITY\"", "\"file:identity.txt\"", "keys.identity stands in a file")]
    [InlineData("\"keep\": \"30d\", \"level\"", "\"keep\": \"5d\", \"level\"", "backups.full.keep")]
    [InlineData("\"version\": 1,", "\"version\": 1, \"colour\": \"red\",", "colour")]
    public void A_policy_that_the_cloud_cannot_keep_is_refused(string was, string now, string says)
    {
        var problem = Assert.Throws<ConfigException>(() => Samples.Config("prod", policy: text =>
        {
            Assert.Contains(was, text, StringComparison.Ordinal);
            return text.Replace(was, now, StringComparison.Ordinal);
        }));
        Assert.StartsWith("twibackup:policies: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Message);
    }

    [Fact]
    public async Task Bad_configuration_fails_before_anything_is_registered()
    {
        var problem = await Assert.ThrowsAnyAsync<Exception>(
            () => Graph.RunAsync("prod", new Dictionary<string, string> { ["account"] = "1" }));
        Assert.Contains("twibackup:account: \"1\" is not an AWS account",
            problem.Message.Replace("is no AWS", "is not an AWS", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(InfraStack.Seen.Keys, seen => seen.Type != "pulumi:pulumi:Stack");
    }

    [Fact]
    public void A_rehearsal_without_an_image_is_refused_as_it_has_no_internet() =>
        Assert.StartsWith("twibackup:rehearsalImage: ",
            Assert.Throws<ConfigException>(
                () => Samples.Config("dr", new Dictionary<string, string?> { ["twibackup:mode"] = "rehearse" })).Message,
                    StringComparison.Ordinal);

    [Fact]
    public void Adopted_buckets_keep_their_names() =>
        Assert.Equal("old-backups",
            Samples.Config("dr", new Dictionary<string, string?> { ["twibackup:recoveryBucket"] = "old-backups" }).Names.Bucket(
                "eu-west-1"));

    [Theory]
    [InlineData("prod")]
    [InlineData("dr")]
    public void Every_key_of_a_stack_is_declared_with_its_type(string stack)
    {
        var declared = File.ReadAllText(Repository.PathOf("Pulumi.yaml"));
        var set = File.ReadLines(Repository.PathOf($"Pulumi.{stack}.yaml"))
            .Where(line => line.StartsWith("  twibackup:", StringComparison.Ordinal))
                .Select(line => string.Join(':', line.Trim().Split(':')[..2])).ToList();
        Assert.NotEmpty(set);
        Assert.All(set, key => Assert.Contains($"  {key}:\n", declared, StringComparison.Ordinal));
    }
}
