using System.Reflection;

namespace TwiBackup.Catalog;

/// <summary>This program's name and version, as manifests and <c>--version</c> say it.</summary>
public static class ToolVersion
{
    public static readonly string Number =
        typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static readonly string Text = $"twibackup {Number}";
}
