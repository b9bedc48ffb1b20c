using TwiBackup.AppHost.Tests.Support;

namespace TwiBackup.AppHost.Tests;

/// <summary>compose.yaml and .env.example are what Aspire publishes: one source.</summary>
public sealed class ComposeTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("twibackup-compose-");

    public async ValueTask InitializeAsync() => await PublishAsync([]);

    public ValueTask DisposeAsync()
    {
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Compose_yaml_is_what_is_published() => Repository.AssertReviewed(Read("docker-compose.yaml"), "compose.yaml");

    [Fact]
    public void Env_example_names_every_variable_and_holds_no_value()
    {
        var example = Read(".env");
        Repository.AssertReviewed(example, ".env.example");
        Assert.All(example.Split('\n').Where(line => line.Length > 0 && line[0] != '#'), line => Assert.EndsWith("=", line, StringComparison.Ordinal));
    }

    /// <summary>A person who starts it beside real data must not find a stand-in writing to it.</summary>
    [Fact]
    public void The_stand_in_runs_only_when_asked_for()
    {
        var services = Read("docker-compose.yaml").Split("\n  bot:\n")[1].Split("\n  jobs:\n")[0];
        Assert.Contains("stand-in", services, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_real_bot_is_published_in_its_place()
    {
        await PublishAsync(["--Bot:Image", "registry.example/bot:7"]);
        var compose = Read("docker-compose.yaml");
        Assert.Contains("registry.example/bot:7", compose, StringComparison.Ordinal);
        Assert.DoesNotContain("stand-in", compose, StringComparison.Ordinal);
        Assert.Contains("ENVIRONMENT: \"production\"", compose, StringComparison.Ordinal);
        Assert.Contains("BOT_TOKEN=", Read(".env"), StringComparison.Ordinal);
    }

    private async Task PublishAsync(string[] arguments)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            AssemblyName = "TwiBackup.AppHost",
            DisableDashboard = true,
            Args = ["--operation", "publish", "--step", "publish", "--output-path", folder.FullName, .. arguments],
        });
        BotSystem.AddTo(builder);
        await using var app = builder.Build();
        await app.RunAsync(TestContext.Current.CancellationToken);
    }

    private string Read(string name) => File.ReadAllText(Path.Combine(folder.FullName, name)).ReplaceLineEndings("\n");
}
