using TwiBackup.Infra.Policies;
using TwiBackup.Infra.Roles;
using TwiBackup.Infra.Storage;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests.Roles;

/// <summary>What each role can do, decided by its own policy and the bucket's together, as AWS would.</summary>
public sealed class RolePoliciesTests
{
    private const string Primary = "eu-central-1";
    private const string Recovery = "eu-west-1";
    private const string Data = "database/full/20261123T020000Z-9f3c/base.0000.tar.zst.age";
    private const string Manifest = "database/full/20261123T020000Z-9f3c/manifest.json";
    private const string Signature = "database/full/20261123T020000Z-9f3c/manifest.json.minisig";
    private const string Wal = "wal/15-7301/00000001/00000001000000000000000A-5f.zst.age";
    private const string Verification = "verification/20261123T030000Z-1a2b.json";
    private const string Rehearsal = "rehearsal/20261123T030000Z-1a2b.json";

    private static readonly string[] Roles = [.. Enum.GetValues<JobRole>().Select(role => Samples.Names.RoleArn("twi-bot", role)),
        Samples.Names.RoleArn("twi-bot-replication")];

    [Theory]
    // writer: puts, lists, reads manifests only
    [InlineData(JobRole.Writer, "s3:PutObject", Data, true)]
    [InlineData(JobRole.Writer, "s3:PutObject", Wal, true)]
    [InlineData(JobRole.Writer, "s3:PutObject", "configuration/x/files.tar.zst.age", true)]
    [InlineData(JobRole.Writer, "s3:PutObject", Verification, false)]
    [InlineData(JobRole.Writer, "s3:PutObject", Rehearsal, false)]
    [InlineData(JobRole.Writer, "s3:GetObject", Manifest, true)]
    [InlineData(JobRole.Writer, "s3:GetObject", Signature, true)]
    [InlineData(JobRole.Writer, "s3:GetObject", Data, false)]
    [InlineData(JobRole.Writer, "s3:GetObjectVersion", Data, false)]
    [InlineData(JobRole.Writer, "s3:GetObject", Wal, false)]
    [InlineData(JobRole.Writer, "s3:PutObjectTagging", Manifest, false)]
    [InlineData(JobRole.Writer, "s3:DeleteObject", Data, false)]
    [InlineData(JobRole.Writer, "s3:DeleteObjectVersion", Data, false)]
    // retention: manifests, records, tags; puts nothing
    [InlineData(JobRole.Retention, "s3:GetObject", Manifest, true)]
    [InlineData(JobRole.Retention, "s3:GetObject", Verification, true)]
    [InlineData(JobRole.Retention, "s3:GetObject", Data, false)]
    [InlineData(JobRole.Retention, "s3:GetObject", Wal, false)]
    [InlineData(JobRole.Retention, "s3:PutObject", Data, false)]
    [InlineData(JobRole.Retention, "s3:PutObject", Verification, false)]
    [InlineData(JobRole.Retention, "s3:PutObjectTagging", Data, true)]
    [InlineData(JobRole.Retention, "s3:PutObjectTagging", Wal, true)]
    [InlineData(JobRole.Retention, "s3:DeleteObject", Data, false)]
    // verifier: reads all, puts records only
    [InlineData(JobRole.Verifier, "s3:GetObject", Data, true)]
    [InlineData(JobRole.Verifier, "s3:GetObjectVersion", Wal, true)]
    [InlineData(JobRole.Verifier, "s3:PutObject", Verification, true)]
    [InlineData(JobRole.Verifier, "s3:PutObject", Rehearsal, true)]
    [InlineData(JobRole.Verifier, "s3:PutObject", Data, false)]
    [InlineData(JobRole.Verifier, "s3:PutObject", Wal, false)]
    [InlineData(JobRole.Verifier, "s3:PutObjectTagging", Data, false)]
    [InlineData(JobRole.Verifier, "s3:DeleteObject", Data, false)]
    // restorer: as verifier, and writes on
    [InlineData(JobRole.Restorer, "s3:GetObject", Data, true)]
    [InlineData(JobRole.Restorer, "s3:PutObject", Verification, true)]
    [InlineData(JobRole.Restorer, "s3:PutObject", Wal, true)]
    [InlineData(JobRole.Restorer, "s3:PutObjectTagging", Data, false)]
    [InlineData(JobRole.Restorer, "s3:DeleteObject", Data, false)]
    [InlineData(JobRole.Restorer, "s3:BypassGovernanceRetention", Data, false)]
    public void A_role_can_do_what_the_decision_says(JobRole role, string action, string key, bool allowed) =>
        Assert.Equal(allowed, Allows(role, action, key));

    [Theory]
    [InlineData(JobRole.Writer, "s3:PutObject", Data, false)]
    [InlineData(JobRole.Retention, "s3:PutObjectTagging", Data, false)]
    [InlineData(JobRole.Verifier, "s3:GetObject", Data, true)]
    [InlineData(JobRole.Restorer, "s3:GetObject", Data, true)]
    [InlineData(JobRole.Restorer, "s3:PutObject", Wal, true)]
    public void The_replica_is_for_those_who_read_and_restore(JobRole role, string action, string key, bool allowed) =>
        Assert.Equal(allowed, Allows(role, action, key, region: Recovery));

    [Fact]
    public void No_role_reaches_another_systems_prefix()
    {
        foreach (var role in Enum.GetValues<JobRole>())
        {
            Assert.All(new[] { "s3:GetObject", "s3:PutObject", "s3:PutObjectTagging" }, action =>
                Assert.False(Allows(role, action, Manifest, system: "orders")));
            Assert.False(Lists(role, "orders/"));
            Assert.False(Lists(role, ""));
            Assert.True(Lists(role, "twi-bot/database/full/"));
        }
    }

    [Fact]
    public void A_put_without_a_condition_or_with_tags_or_another_key_is_denied()
    {
        Assert.False(Allows(JobRole.Writer, "s3:PutObject", Data, context => context.Remove("s3:if-none-match")));
        Assert.True(Allows(JobRole.Writer, "s3:PutObject", Data, context =>
        {
            context.Remove("s3:if-none-match");
            context["s3:ObjectCreationOperation"] = ["false"];
        }));
        Assert.False(Allows(JobRole.Writer, "s3:PutObject", Data, context => context["s3:RequestObjectTagKeys"] = ["retention"]));
        Assert.False(Allows(JobRole.Writer, "s3:PutObject", Data, context => context["s3:x-amz-server-side-encryption"] = ["AES256"]));
        Assert.False(Allows(JobRole.Writer, "s3:PutObject", Data, context =>
            context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = ["arn:aws:kms:eu-central-1:123456789012:key/other"]));
        Assert.False(Allows(JobRole.Writer, "s3:PutObject", Data, context =>
            context["s3:x-amz-server-side-encryption-customer-algorithm"] = ["AES256"]));
        Assert.False(Allows(JobRole.Writer, "s3:PutObject", Data, context => context["aws:SecureTransport"] = ["false"]));
        Assert.False(Allows(JobRole.Writer, "s3:PutObject", Data, context => context["s3:TlsVersion"] = ["1.1"]));
    }

    [Fact]
    public void Locks_are_neither_too_short_nor_endless_nor_of_another_mode()
    {
        Assert.True(Allows(JobRole.Writer, "s3:PutObjectRetention", Data, context =>
            context["s3:object-lock-remaining-retention-days"] = ["29"]));
        Assert.False(Allows(JobRole.Writer, "s3:PutObjectRetention", Data, context =>
            context["s3:object-lock-remaining-retention-days"] = ["1"]));
        Assert.False(Allows(JobRole.Writer, "s3:PutObjectRetention", Data, context =>
            context["s3:object-lock-remaining-retention-days"] = ["36500"]));
        Assert.False(Allows(JobRole.Writer, "s3:PutObjectRetention", Data, context => context["s3:object-lock-mode"] = ["COMPLIANCE"]));
    }

    [Theory]
    [InlineData("retention", "expire", true)]
    [InlineData("retention", "expire-data", true)]
    [InlineData("retention", "forever", false)]
    [InlineData("owner", "me", false)]
    public void Only_the_policys_tag_can_be_set(string key, string value, bool allowed) =>
        Assert.Equal(allowed, Allows(JobRole.Retention, "s3:PutObjectTagging", Data, context =>
        {
            context.Remove("s3:RequestObjectTag/retention");
            context["s3:RequestObjectTagKeys"] = [key];
            context[$"s3:RequestObjectTag/{key}"] = [value];
        }));

    [Fact]
    public void Two_tags_cannot_be_set_at_once() =>
        Assert.False(Allows(JobRole.Retention, "s3:PutObjectTagging", Data, context =>
            context["s3:RequestObjectTagKeys"] = ["retention", "owner"]));

    [Fact]
    public void An_unknown_role_is_denied_whatever_iam_lets_it()
    {
        var everything = new PolicyDocument(new Statement("All", ["s3:*"], ["*"]));
        var simulator = new PolicySimulator(everything, Bucket(Primary));
        var context = Context("s3:GetObject");
        context["aws:PrincipalArn"] = ["arn:aws:iam::123456789012:role/admin"];
        Assert.False(simulator.Allows("s3:GetObject", Arn(Primary, "twi-bot", Data), context));
        Assert.False(simulator.Allows("s3:PutObject", Arn(Primary, "twi-bot", Data), context));
        Assert.False(simulator.Allows("s3:DeleteObjectVersion", Arn(Primary, "twi-bot", Data), context));
    }

    [Fact]
    public void With_administrators_named_nobody_else_takes_protection_off()
    {
        var config = Samples.Config(
            "prod", new Dictionary<string, string?> { ["twibackup:administrators"] = """["arn:aws:iam::123456789012:role/deploy"]""" });
        var everything = new PolicyDocument(new Statement("All", ["s3:*"], ["*"]));
        var simulator = new PolicySimulator(everything, BucketPolicies.For(config, Primary, Samples.KeyArns[Primary], Roles));
        var context = new Dictionary<string,
            string[]> { ["aws:PrincipalArn"] = ["arn:aws:iam::123456789012:role/other"], ["aws:SecureTransport"] = ["true"],
                ["s3:TlsVersion"] = ["1.3"] };
        Assert.False(simulator.Allows("s3:PutLifecycleConfiguration", Samples.Names.BucketArn(Primary), context));
        context["aws:PrincipalArn"] = ["arn:aws:iam::123456789012:role/deploy"];
        Assert.True(simulator.Allows("s3:PutLifecycleConfiguration", Samples.Names.BucketArn(Primary), context));
    }

    [Fact]
    public void No_statement_of_any_policy_allows_deleting_or_bypassing_or_everything()
    {
        var statements = AllAllowed().ToList();
        Assert.NotEmpty(statements);
        Assert.All(statements.SelectMany(statement => statement.Actions), action =>
        {
            Assert.DoesNotContain("Delete", action, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Bypass", action, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain('*', action);
        });
    }

    [Fact]
    public void A_statement_names_no_star_where_an_arn_exists()
    {
        string[] withoutArn = ["LogInToRegistry", "SessionChannels"];
        Assert.All(AllAllowed().Where(statement => statement.Resources.Contains("*")), statement =>
            Assert.Contains(statement.Sid, withoutArn));
    }

    private static IEnumerable<Statement> AllAllowed()
    {
        var names = Samples.Names;
        PolicyDocument[] documents =
        [
            .. Enum.GetValues<JobRole>().Select(Identity),
            ServicePolicies.Replication(names, Samples.KeyArns[Primary], Samples.KeyArns[Recovery]),
            ServicePolicies.Execution(
                names, "/twibackup/twi-bot/x", ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:x"], Samples.KeyArns[Primary]),
            ServicePolicies.Scheduler(names, ["twi-bot-x"], [names.RoleArn("x")], "arn:aws:sqs:eu-central-1:123456789012:q"),
            ServicePolicies.Host(Samples.System, names, Samples.KeyArns[Recovery]),
            ServicePolicies.Rehearsal(
                Samples.System, names, "arn:aws:ec2:eu-west-1:123456789012:launch-template/lt-1", Samples.KeyArns[Recovery],
                    "arn:aws:sqs:eu-west-1:123456789012:q"),
            ServicePolicies.Forwarder(
                names, Primary, "/aws/lambda/x", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x", Samples.KeyArns[Primary]),
        ];
        return documents.SelectMany(document => document.Statements).Where(statement => statement.Allow);
    }

    private static bool Allows(
        JobRole role, string action, string key, Action<Dictionary<string, string[]>>? change = null, string region = Primary,
            string system = "twi-bot")
    {
        var context = Context(action);
        context["aws:PrincipalArn"] = [Samples.Names.RoleArn("twi-bot", role)];
        change?.Invoke(context);
        return new PolicySimulator(Identity(role), Bucket(region)).Allows(action, Arn(region, system, key), context);
    }

    private static bool Lists(JobRole role, string prefix)
    {
        var context = new Dictionary<string,
            string[]> { ["s3:prefix"] = [prefix], ["aws:SecureTransport"] = ["true"], ["s3:TlsVersion"] = ["1.3"] };
        return new PolicySimulator(Identity(role), Bucket(Primary)).Allows("s3:ListBucket", Samples.Names.BucketArn(Primary), context);
    }

    /// <summary>A request as the jobs make it.</summary>
    private static Dictionary<string, string[]> Context(string action)
    {
        var context = new Dictionary<string, string[]> { ["aws:SecureTransport"] = ["true"], ["s3:TlsVersion"] = ["1.3"] };
        if (action == "s3:PutObject")
        {
            context["s3:if-none-match"] = ["*"];
            context["s3:ObjectCreationOperation"] = ["true"];
        }

        if (action == "s3:PutObjectTagging")
        {
            context["s3:RequestObjectTagKeys"] = [RetentionTag.Key];
            context["s3:RequestObjectTag/retention"] = [RetentionTag.Expire];
        }

        return context;
    }

    private static PolicyDocument Identity(JobRole role) => RolePolicies.For(role, Samples.System, Samples.Names, Samples.KeyArns);

    private static PolicyDocument Bucket(string region) => BucketPolicies.For(Samples.Prod, region, Samples.KeyArns[region], Roles);

    private static string Arn(string region, string system, string key) => $"{Samples.Names.BucketArn(region)}/{system}/{key}";
}
