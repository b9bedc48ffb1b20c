using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Database.Dumps;

/// <summary>PostgreSQL's client programs, one of them replaced by a script.</summary>
internal sealed class FakeTools : IDisposable
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("twi-tools-");

    /// <param name="tool">Which.</param>
    /// <param name="script">What it does; <c>$REAL</c> is the real one.</param>
    public FakeTools(string tool, string script)
    {
        foreach (var real in Directory.EnumerateFiles(TestEnvironment.Installation.BinDirectory))
            File.CreateSymbolicLink(Path.Combine(folder.FullName, Path.GetFileName(real)), real);
        var path = Path.Combine(folder.FullName, tool);
        File.Delete(path);
        File.WriteAllText(path, $"#!/bin/sh\nREAL={TestEnvironment.Installation.Tool(tool)}\n{script}\n");
        File.SetUnixFileMode(path, Executable);
    }

    public string Folder => folder.FullName;

    public PostgresInstallation Installation => TestEnvironment.Installation with { BinDirectory = folder.FullName };

    public void Dispose() => folder.Delete(recursive: true);
}
