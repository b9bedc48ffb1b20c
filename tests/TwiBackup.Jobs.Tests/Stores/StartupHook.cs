using System.Diagnostics.CodeAnalysis;
using TwiBackup.Tests.Stores;

/// <summary>What .NET runs before <c>Main</c> in a process started with <c>DOTNET_STARTUP_HOOKS</c>, see <see cref="TestChild"/>.</summary>
[SuppressMessage("Design", "CA1050", Justification = "The name is .NET's.")]
internal static class StartupHook
{
    public static void Initialize() => TestChild.RunAndExit();
}
