using System.Text;
using System.Text.RegularExpressions;

namespace TwiBackup.AppHost.Tests.Support;

/// <summary>A model as text, to be reviewed: what each resource is, gets, waits for and offers.</summary>
internal static partial class ModelText
{
    public static async Task<string> OfAsync(Model model)
    {
        var text = new StringBuilder();
        foreach (var resource in model.Resources.Where(r => r is not ParameterResource).OrderBy(r => r.Name, StringComparer.Ordinal))
        {
            text.Append(resource.Name).Append(": ").Append(Kind(resource)).Append('\n');
            var (environment, arguments) = await model.ExpressionsOfAsync(resource.Name);
            if (arguments.Count > 0)
                text.Append("  runs ").AppendJoin(' ', arguments.Select(Short)).Append('\n');
            foreach (var (name, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                text.Append("  env ").Append(name).Append('=').Append(name == Jobs.PolicyText ? "(the policy with this machine's places)" : Short(value)).Append('\n');
            foreach (var line in Annotations(model, resource))
                text.Append("  ").Append(line).Append('\n');
            text.Append('\n');
        }

        foreach (var parameter in model.Resources.OfType<ParameterResource>().OrderBy(p => p.Name, StringComparer.Ordinal))
            text.Append("parameter ").Append(parameter.Name).Append(parameter.Secret ? " (secret)" : "").Append('\n');
        return text.ToString();
    }

    private static string Kind(IResource resource) => resource.Annotations.OfType<DockerfileBuildAnnotation>().FirstOrDefault() is { } build
        ? $"built from {Path.GetRelativePath(Repository.Root, build.DockerfilePath)} with {string.Join(", ", build.BuildArguments.Select(pair => $"{pair.Key}={pair.Value}"))}"
        : resource.TryGetContainerImageName(out var image) ? image : resource.GetType().Name;

    private static IEnumerable<string> Annotations(Model model, IResource resource)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            yield return $"listens {endpoint.Name} {endpoint.TargetPort}{(endpoint.IsExternal ? " external" : "")}";
        foreach (var mount in resource.Annotations.OfType<ContainerMountAnnotation>())
            yield return $"mounts {(Path.IsPathRooted(mount.Source) ? Path.GetRelativePath(Repository.Root, mount.Source!) : mount.Source)} at {mount.Target}{(mount.IsReadOnly ? " read-only" : "")}";
        foreach (var wait in resource.Annotations.OfType<WaitAnnotation>())
            yield return $"waits for {wait.Resource.Name} ({wait.WaitType})";
        foreach (var parent in resource.Annotations.OfType<ResourceRelationshipAnnotation>().Where(r => r.Type is "Parent" or "PgAdmin").Select(r => r.Resource.Name).Distinct())
            yield return $"belongs to {parent}";
        if (resource.Annotations.OfType<ExplicitStartupAnnotation>().Any())
            yield return "starts when a person says so";
        foreach (var command in resource.Annotations.OfType<ResourceCommandAnnotation>())
            yield return $"button {command.Name}: {command.DisplayName}{(command.ConfirmationMessage is null ? "" : " (asks first)")}";
    }

    private static string Short(string value) => Now().Replace(value.ReplaceLineEndings("\\n"), "NOW");

    [GeneratedRegex(@"\d{8}T\d{6}Z")]
    private static partial Regex Now();
}
