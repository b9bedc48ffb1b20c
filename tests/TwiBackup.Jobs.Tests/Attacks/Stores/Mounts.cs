using System.Diagnostics;
using TwiBackup.Tests.Invariants;

namespace TwiBackup.Tests.Attacks.Stores;

/// <summary>A small disk of its own (tmpfs) on a folder, where we may mount.</summary>
internal sealed class Mounts : IAsyncDisposable
{
    private readonly string folder;

    private Mounts(string folder) => this.folder = folder;

    /// <summary>Skips the test where we may not.</summary>
    public static async Task<Mounts> NewAsync(string folder, string options)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "A disk of a test's own needs root: mount(8).");
        Assert.SkipUnless(await TryAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder), "This machine does not let root mount a tmpfs.");
        return new Mounts(folder);
    }

    /// <summary>Changes it; a disk that is being written to can't become read-only at once.</summary>
    public async Task RemountAsync(string options)
    {
        var watch = Stopwatch.StartNew();
        while (!await TryAsync("mount", "-o", $"remount,{options}", folder))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{folder} can't be remounted {options}");
            await Task.Delay(5, CommandLine.Cancellation);
        }
    }

    public async ValueTask DisposeAsync() => await TryAsync("umount", "-l", folder);

    private static async Task<bool> TryAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode == 0;
    }
}
