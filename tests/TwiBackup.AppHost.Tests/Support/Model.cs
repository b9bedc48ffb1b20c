using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace TwiBackup.AppHost.Tests.Support;

/// <summary>The application's model, built and not started.</summary>
internal sealed class Model : IAsyncDisposable
{
    private readonly List<(string Container, string Here)> places = [];

    private Model(IDistributedApplicationBuilder builder, DistributedApplication app)
    {
        Builder = builder;
        App = app;
    }

    public IDistributedApplicationBuilder Builder { get; }

    public DistributedApplication App { get; }

    public IReadOnlyList<IResource> Resources => [.. App.Services.GetRequiredService<DistributedApplicationModel>().Resources];

    public IResource this[string name] => Resources.Single(resource => resource.Name == name);

    /// <summary>Everything, as on a developer's machine.</summary>
    /// <param name="settings">Configuration, e.g. <c>("Bot:Image", "bot:1")</c>.</param>
    public static Model Build(params (string Key, string Value)[] settings) => Build(BotSystem.AddTo, settings);

    /// <inheritdoc cref="Build((string Key, string Value)[])"/>
    public static Model Build(Action<IDistributedApplicationBuilder> add, params (string Key, string Value)[] settings)
    {
        // Not under the name of the application: its user secrets are a developer's.
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = [],
            DisableDashboard = true,
            ProjectDirectory = Repository.PathOf("apphost"),
        });
        // Nothing is started, but the environment of a container is only told to who has them.
        builder.Configuration["DcpPublisher:CliPath"] = builder.Configuration["DcpPublisher:DashboardPath"] = "/bin/true";
        foreach (var (key, value) in settings)
            builder.Configuration[key] = value;
        add(builder);
        return new Model(builder, builder.Build());
    }

    /// <summary>
    /// Says where a server listens on this machine. Containers know each other by names and ports of their own network; what these resolve to
    /// is all that is put in their place.
    /// </summary>
    public void Listens(string name, int containerPort, int port)
    {
        places.Add(($"{name}.dev.internal:{containerPort}", $"127.0.0.1:{port}"));
        places.Add(($"host={name}.dev.internal port={containerPort}", $"host=127.0.0.1 port={port}"));
    }

    /// <summary>The environment and arguments that a container would get.</summary>
    public async Task<(IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Arguments)> ConfigurationOfAsync(string name)
    {
        var (environment, arguments) = await AskAsync(name, App.Services.GetRequiredService<DistributedApplicationExecutionContext>());
        return (environment.ToDictionary(pair => pair.Key, pair => Here(pair.Value)), [.. arguments.Select(Here)]);
    }

    /// <summary>The same as expressions: what is a secret is a parameter's name.</summary>
    public Task<(IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Arguments)> ExpressionsOfAsync(string name) =>
        AskAsync(name, new DistributedApplicationExecutionContext(
            new DistributedApplicationExecutionContextOptions(DistributedApplicationOperation.Publish) { ServiceProvider = App.Services }));

    public ValueTask DisposeAsync() => App.DisposeAsync();

    private string Here(string value)
    {
        var here = places.Aggregate(value, (text, place) => text.Replace(place.Container, place.Here, StringComparison.Ordinal));
        Assert.DoesNotContain(".dev.internal", here, StringComparison.Ordinal);
        return here;
    }

    private async Task<(IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Arguments)> AskAsync(
        string name, DistributedApplicationExecutionContext context)
    {
        var result = await ExecutionConfigurationBuilder.Create(this[name])
            .WithArgumentsConfig()
            .WithEnvironmentVariablesConfig()
            .BuildAsync(context, NullLogger.Instance, TestContext.Current.CancellationToken);
        Assert.Null(result.Exception);
        return (result.EnvironmentVariables.ToDictionary(), [.. result.Arguments.Select(argument => argument.Value)]);
    }
}
