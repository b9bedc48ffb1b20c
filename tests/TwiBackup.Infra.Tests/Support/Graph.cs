using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using Pulumi;
using Pulumi.Testing;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>Everything that a stack registered, its lookups and its outputs.</summary>
internal sealed class Graph
{
    private static readonly Dictionary<string, Task<Graph>> Known = [];

    private Graph(IEnumerable<GraphResource> resources, IEnumerable<string> calls, IDictionary<string, object?> outputs) =>
        (Resources, Calls, Outputs) = ([.. resources.OrderBy(resource => resource.Type, StringComparer.Ordinal)
            .ThenBy(resource => resource.Name, StringComparer.Ordinal)], [.. calls], outputs);

    public ImmutableArray<GraphResource> Resources { get; }

    public ImmutableArray<string> Calls { get; }

    public IDictionary<string, object?> Outputs { get; }

    /// <summary>A stack as the repository's own files make it.</summary>
    public static Task<Graph> OfAsync(string stack)
    {
        if (!Known.TryGetValue(stack, out var graph))
            Known[stack] = graph = RunAsync(stack);
        return graph;
    }

    /// <summary>A stack with other configuration or another policy.</summary>
    /// <param name="config">Keys without <c>twibackup:</c>, and what they are set to.</param>
    /// <param name="policy">Changes the policy's text.</param>
    /// <param name="second">Makes a second policy, <c>second.json</c>, of it.</param>
    public static async Task<Graph> RunAsync(
        string stack, IReadOnlyDictionary<string, string>? config = null, Func<string, string>? policy = null, Func<string,
            string>? second = null)
    {
        var values = PulumiYaml.Config(stack);
        foreach (var (key, value) in config ?? new Dictionary<string, string>())
            values[key.Contains(':', StringComparison.Ordinal) ? key : $"twibackup:{key}"] = value;
        var root = Directory.CreateTempSubdirectory("twibackup-infra-").FullName;
        try
        {
            var text = File.ReadAllText(Repository.PathOf("twibackup.json"));
            File.WriteAllText(Path.Combine(root, "twibackup.json"), policy is null ? text : policy(text));
            if (second is not null)
                File.WriteAllText(Path.Combine(root, "second.json"), second(text));
            Environment.SetEnvironmentVariable("PULUMI_CONFIG", JsonSerializer.Serialize(values));
            InfraStack.RootFolder = root;
            InfraStack.Forget();
            var mocks = new CloudMocks();
            var resources = await Deployment.TestAsync<InfraStack>(
                mocks, new TestOptions { ProjectName = "twibackup", StackName = stack, IsPreview = false, RootDirectory = root });
            return new Graph(mocks.Resources.Select(resource => WithOptions(resource, root)), mocks.Calls, resources.OfType<InfraStack>()
                .Single().Results);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    public IEnumerable<GraphResource> All(string type) => Resources.Where(resource => resource.Type == type);

    public GraphResource One(string type, string name) => Resources.Single(resource => resource.Type == type && resource.Name == name);

    private static GraphResource WithOptions(GraphResource resource, string root)
    {
        var args = InfraStack.Seen[(resource.Type, resource.Name)];
        return resource with
        {
            Protect = args.Options.Protect ?? false,
            RetainOnDelete = args.Options.RetainOnDelete ?? false,
            Parent = args.Options.Parent is Stack or null ? "" : args.Options.Parent.GetResourceName(),
            HasTagsInput = args.Args.GetType().GetProperty("Tags", BindingFlags.Public | BindingFlags.Instance) is not null,
            Inputs = resource.Inputs.ToImmutableDictionary(input => input.Key, input => Without(input.Value, root)),
        };
    }

    /// <summary>Paths of the machine are nobody's business.</summary>
    private static object Without(object value, string root) => value switch
    {
        string text => text.Replace(root, "<root>", StringComparison.Ordinal),
        ImmutableDictionary<string, object> map => map.ToImmutableDictionary(pair => pair.Key, pair => Without(pair.Value, root)),
        ImmutableArray<object> list => list.Select(item => Without(item, root)).ToImmutableArray(),
        Asset or Archive => $"<{value.GetType().Name}>",
        _ => value,
    };
}
