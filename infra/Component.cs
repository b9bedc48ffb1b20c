using Pulumi;
using TwiBackup.Infra.Configuration;

namespace TwiBackup.Infra;

/// <summary>What all components share: their resources are their children, carry the stack's tags, and lie where the component
/// lies.</summary>
public abstract class Component : ComponentResource
{
    /// <param name="kind">The component's type, after <c>twibackup:infra:</c>.</param>
    protected Component(string kind, string name, StackConfig config, ComponentResourceOptions options)
        : base($"twibackup:infra:{kind}", name, options)
    {
        Config = config;
        Tags = config.Tags.ToDictionary(tag => tag.Key, tag => tag.Value);
    }

    protected StackConfig Config { get; }

    protected Names Names => Config.Names;

    /// <summary>For every resource that takes tags.</summary>
    protected InputMap<string> Tags { get; }

    /// <summary>For a resource of this component.</summary>
    protected CustomResourceOptions Child() => new() { Parent = this };

    /// <summary>For a resource of this component that AWS wants to be made after others.</summary>
    protected CustomResourceOptions After(params Resource[] others) => new() { Parent = this, DependsOn = { others } };

    /// <summary>For what holds data: <c>pulumi destroy</c> refuses, and a resource that leaves the program stays in AWS.</summary>
    protected CustomResourceOptions Kept() => new() { Parent = this, Protect = true, RetainOnDelete = true };
}
