using System.Collections.Concurrent;
using Pulumi;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>The program as a stack of a test; sees what the mocks don't, the options of every resource.</summary>
internal sealed class InfraStack : Stack
{
    public InfraStack()
        : base(new StackOptions { ResourceTransformations = { Remember } }) => Results = Deploy.Infra(RootFolder);

    /// <summary>What the next stack is made of; tests run one after the other.</summary>
    public static string RootFolder { get; set; } = "";

    public static ConcurrentDictionary<(string Type, string Name), ResourceTransformationArgs> Seen { get; private set; } = [];

    public IDictionary<string, object?> Results { get; }

    public static void Forget() => Seen = [];

    private static ResourceTransformationResult? Remember(ResourceTransformationArgs args)
    {
        Seen[(args.Resource.GetResourceType(), args.Resource.GetResourceName())] = args;
        return null;
    }
}
