using System.Diagnostics;

namespace TwiBackup.Tests.Sealing;

/// <summary>Debian's own age, zstd and minisign.</summary>
internal static class Tool
{
    /// <summary>Runs a program and returns its output; fails the test when the program does.</summary>
    public static async Task<byte[]> RunAsync(byte[] input, string program, params string[] arguments)
    {
        var (exitCode, output, error) = await TryAsync(input, program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: {error}");
        return output;
    }

    public static async Task<(int ExitCode, byte[] Output, string Error)> TryAsync(byte[] input, string program, params string[] arguments)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process.Start();
        var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading everything; its exit code says why.
        }
        await reading;
        await process.WaitForExitAsync();
        return (process.ExitCode, output.ToArray(), await error);
    }
}
