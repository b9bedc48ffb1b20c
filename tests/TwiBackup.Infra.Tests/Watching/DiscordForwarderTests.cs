using System.Diagnostics;
using System.Text.Json.Nodes;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests.Watching;

/// <summary>Runs the forwarder's own code in Node.js, where there is one.</summary>
public sealed class DiscordForwarderTests
{
    [Fact]
    public async Task An_alarm_becomes_one_embed_that_says_what_and_why()
    {
        var message = await MessageAsync(new JsonObject
        {
            ["Message"] = """{"AlarmName":"twi-bot-receiver-down","AlarmDescription":"It does not run.","NewStateValue":"ALARM","NewStateReason":"1 datapoint","StateChangeTime":"2026-11-23T01:30:00.000+0000"}""",
        });
        var embed = Assert.Single(message["embeds"]!.AsArray())!;
        Assert.Equal("twi-bot-receiver-down", embed["title"]!.GetValue<string>());
        Assert.Equal("It does not run.\n\n1 datapoint", embed["description"]!.GetValue<string>());
        Assert.Equal("2026-11-23T01:30:00.000Z", embed["timestamp"]!.GetValue<string>());
        Assert.Empty(message["allowed_mentions"]!["parse"]!.AsArray());
    }

    [Fact]
    public async Task A_failed_task_says_which_and_its_exit_code()
    {
        var message = await MessageAsync(new JsonObject
        {
            ["Message"] = """{"detail-type":"ECS Task State Change","time":"2026-11-23T01:30:00Z","detail":{"group":"family:twi-bot-verify","stoppedReason":"Essential container in task exited","containers":[{"name":"verify","exitCode":3}]}}""",
        });
        Assert.Equal("family:twi-bot-verify\nEssential container in task exited\nverify: exit code 3 ",
            message["embeds"]![0]!["description"]!.GetValue<string>());
    }

    [Fact]
    public async Task Text_that_is_no_json_and_far_too_long_is_still_told()
    {
        var message = await MessageAsync(new JsonObject { ["Subject"] = "Budget", ["Message"] = new string('x', 5000) });
        Assert.Equal(1800, message["embeds"]![0]!["description"]!.GetValue<string>().Length);
    }

    private static async Task<JsonNode> MessageAsync(JsonObject sns)
    {
        var node = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "node")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(node is null, "There is no Node.js here to run the forwarder's code.");
        var module = new Uri(Repository.PathOf("infra", "Watching", "discord-forwarder.mjs")).AbsoluteUri;
        var script = $"import {{ message }} from '{module}'; let text = ''; for await (const part of process.stdin) text += part; console.log(JSON.stringify(message(JSON.parse(text))));";
        using var process = Process.Start(
            new ProcessStartInfo(
                node!, ["--input-type=module", "-e", script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await process.StandardInput.WriteAsync(sns.ToJsonString());
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return JsonNode.Parse(output)!;
    }
}
