using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Restore;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests;

/// <summary>The recovery stack works when the primary region and its stack are gone.</summary>
public sealed partial class RecoveryTests
{
    private const string Lost = "eu-central-1";
    private const string Here = "eu-west-1";

    [Fact]
    public async Task Dr_names_nothing_in_the_primary_region()
    {
        var graph = await Graph.OfAsync("dr");
        Assert.DoesNotContain(Lost, GraphText.Of(graph), StringComparison.Ordinal);
        Assert.DoesNotContain(Lost, JsonSerializer.Serialize(graph.Outputs["environment"]), StringComparison.Ordinal);
        Assert.All(graph.Resources.Where(resource => resource.Region.Length > 0), resource => Assert.Equal(Here, resource.Region));
    }

    [Theory]
    [InlineData("recover")]
    [InlineData("rehearse")]
    public async Task Dr_looks_nothing_up(string mode)
    {
        var graph = await Graph.RunAsync(
            "dr", new Dictionary<string, string> { ["mode"] = mode, ["rehearsalImage"] = "ami-0123456789abcdef0" });
        Assert.Empty(graph.Calls);
        Assert.Empty(graph.All("pulumi:pulumi:StackReference"));
    }

    [Fact]
    public async Task Prod_puts_everything_that_dr_names_into_the_second_region_beforehand()
    {
        var prod = await Graph.OfAsync("prod");
        var dr = await Graph.OfAsync("dr");
        var host = dr.All("aws:ec2/instance:Instance").Single();
        var script = Encoding.UTF8.GetString(Convert.FromBase64String(host.Text("userDataBase64")));
        string[] Made(string type, string property) =>
            [.. prod.All(type).Where(resource => resource.Region == Here).Select(resource => resource.Text(property))];

        Assert.Contains(host.Input("launchTemplate")!["name"]!.GetValue<string>(), Made("aws:ec2/launchTemplate:LaunchTemplate", "name"));
        Assert.All(Parameter().Matches(script).Select(match => match.Groups[1].Value), parameter =>
            Assert.Contains(parameter, Made("aws:ssm/parameter:Parameter", "name")));
        Assert.Contains("\"log_group_name\":\"/twibackup/twi-bot/host\"", script, StringComparison.Ordinal);
        Assert.Contains("/twibackup/twi-bot/host", Made("aws:cloudwatch/logGroup:LogGroup", "name"));
        Assert.Contains(TopicName().Match(script).Groups[1].Value, Made("aws:sns/topic:Topic", "name"));
        Assert.Contains("twi-bot-backup-123456789012-eu-west-1", Made("aws:s3/bucket:Bucket", "bucket"));
        Assert.NotEmpty(Made("aws:ecr/repository:Repository", "name"));
        Assert.NotEmpty(prod.All("aws:ecr/replicationConfiguration:ReplicationConfiguration"));
        Assert.Equal(2, prod.All("aws:kms/alias:Alias").Count(alias => alias.Region == Here));

        var replicated = prod.All("aws:secretsmanager/secret:Secret")
            .Where(secret => secret.Input("replicas")!.AsArray().Any(replica => replica!["region"]!.GetValue<string>() == Here))
            .Select(secret => secret.Text("name")).ToList();
        var fetched = Secret().Matches(script).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(fetched);
        Assert.All(fetched, secret => Assert.Contains(secret, replicated));
    }

    [Fact]
    public async Task The_hosts_policy_has_the_second_regions_bucket_as_its_store_and_no_replica()
    {
        var parameter = (await Graph.OfAsync("prod")).All("aws:ssm/parameter:Parameter")
            .Single(resource => resource.Region == Here && resource.Text("name").EndsWith("/policy", StringComparison.Ordinal));
        var stores = JsonDocument.Parse(parameter.Text("value")).RootElement.GetProperty("stores");
        Assert.Equal("s3://twi-bot-backup-123456789012-eu-west-1?region=eu-west-1", stores.GetProperty("primary").GetString());
        Assert.False(stores.TryGetProperty("replica", out _));
        // The host is what was provisioned: the rest is done on it, and by nobody that it would make.
        var policy = TwiBackup.Policy.PolicyFile.Parse(parameter.Text("value"), "twibackup.json");
        Assert.Equal(TwiBackup.Policy.RecoveryPlace.Local, policy.Recovery.Place);
    }

    [Fact]
    public async Task The_host_has_encrypted_volumes_and_keeps_its_credentials_from_containers()
    {
        var template = (await Graph.OfAsync("prod")).One("aws:ec2/launchTemplate:LaunchTemplate", "twi-bot-recover");
        Assert.All(template.Input("blockDeviceMappings")!.AsArray(), disk =>
            Assert.Equal("true", disk!["ebs"]!["encrypted"]!.GetValue<string>()));
        Assert.Equal("required", template.Input("metadataOptions")!["httpTokens"]!.GetValue<string>());
        Assert.Equal(1, template.Input("metadataOptions")!["httpPutResponseHopLimit"]!.GetValue<double>());
    }

    [Fact]
    public async Task A_rehearsal_has_no_way_to_the_internet()
    {
        var graph = await Graph.RunAsync("prod", new Dictionary<string, string> { ["rehearsalImage"] = "ami-0123456789abcdef0" });
        var template = graph.One("aws:ec2/launchTemplate:LaunchTemplate", "twi-bot-rehearse");
        var network = template.Input("networkInterfaces")![0]!;
        Assert.Equal("false", network["associatePublicIpAddress"]!.GetValue<string>());
        var subnet = network["subnetId"]!.GetValue<string>();
        var table = graph.All("aws:ec2/routeTableAssociation:RouteTableAssociation")
            .Single(association => association.Text("subnetId") == subnet).Text("routeTableId");
        Assert.DoesNotContain(graph.All("aws:ec2/route:Route"), route => route.Text("routeTableId") == table);
        var group = network["securityGroups"]![0]!.GetValue<string>();
        Assert.All(graph.All("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
            .Where(rule => rule.Text("securityGroupId") == group), rule => Assert.Null(rule.Input("cidrIpv4")));
        Assert.Equal("terminate", template.Text("instanceInitiatedShutdownBehavior"));
        var script = Encoding.UTF8.GetString(Convert.FromBase64String(template.Text("userData")));
        Assert.Contains("exec /usr/local/bin/twibackup rehearse", script, StringComparison.Ordinal);
        Assert.DoesNotContain("recover --resume", script, StringComparison.Ordinal);
        var schedule = graph.All("aws:scheduler/schedule:Schedule").Single(resource => resource.Text("name") == "twi-bot-rehearsal");
        Assert.Equal("cron(0 6 1 1,4,7,10 ? *)", schedule.Text("scheduleExpression"));
        Assert.Equal(Here, schedule.Region);
    }

    [Theory]
    [InlineData(HostMode.Recover)]
    [InlineData(HostMode.Rehearse)]
    public async Task The_start_script_is_complete_and_bash_can_read_it(HostMode mode)
    {
        var config = Samples.Config("dr", new Dictionary<string, string?> { ["twibackup:recoverAt"] = "2026-11-23T01:30:00Z", ["twibackup:outageSince"] = "2026-11-23T01:00:00Z" });
        var script = UserData.For(config.Systems[0], config, mode);
        Assert.DoesNotMatch("@[A-Z_]+@", script);
        Assert.Equal(mode == HostMode.Recover, script.Contains("recover --resume --yes --at 2026-11-23T01:30:00Z --since 2026-11-23T01:00:00Z", StringComparison.Ordinal));
        using var bash = Process.Start(
            new ProcessStartInfo("bash", ["-n"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        await bash.StandardInput.WriteAsync(script);
        bash.StandardInput.Close();
        var errors = await bash.StandardError.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.Equal("", errors);
        Assert.Equal(0, bash.ExitCode);
    }

    [Fact]
    public void Names_of_the_two_stacks_are_the_same()
    {
        var (prod, dr) = (Samples.Prod.Names, Samples.Config("dr").Names);
        Assert.Equal(prod.Bucket(Here), dr.Bucket(Here));
        Assert.Equal(prod.TopicArn(Here), dr.TopicArn(Here));
        Assert.Equal(prod.RoleArn("twi-bot", JobRole.Restorer), dr.RoleArn("twi-bot", JobRole.Restorer));
        Assert.Equal(Samples.Prod.PostgresMajor, Samples.Config("dr").PostgresMajor);
        Assert.Equal(Samples.Prod.Architecture, Samples.Config("dr").Architecture);
    }

    [GeneratedRegex("ssm get-parameter --name '([^']+)'")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"--topic-arn 'arn:aws:sns:eu-west-1:123456789012:([^']+)'")]
    private static partial Regex TopicName();

    [GeneratedRegex(@"\$\(secret '([^']+)'\)")]
    private static partial Regex Secret();
}
