using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace TwiBackup.AppHost;

/// <summary>The container engine's own command, for what Aspire does too gently: a disaster.</summary>
internal sealed class ContainerRuntime(IConfiguration configuration)
{
    private readonly string program =
        configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"] ?? "docker";

    /// <summary>Runs it, without a shell; what it wrote to standard output.</summary>
    /// <exception cref="TwiBackupException">It failed, or is not there.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken, params IReadOnlyList<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? await output
                : throw new TwiBackupException($"{program} {arguments[0]} failed: {(await errors).Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new TwiBackupException($"{program} could not be started: {e.Message}. Name the engine in ASPIRE_CONTAINER_RUNTIME.", e);
        }
    }
}
