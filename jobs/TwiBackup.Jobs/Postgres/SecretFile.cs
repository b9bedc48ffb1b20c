using System.Text;

namespace TwiBackup.Postgres;

/// <summary>A short-lived file of mode 0600 in a folder of mode 0700, by which a secret goes to a program. Disposing deletes it.</summary>
internal sealed class SecretFile : IDisposable
{
    private readonly string _folder;

    public SecretFile(string content, ServerAccount? reader)
    {
        _folder = Directory.CreateTempSubdirectory("twi-secret-").FullName;
        Path = System.IO.Path.Combine(_folder, "secret");
        using (var stream = new FileStream(Path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(Encoding.UTF8.GetBytes(content));
        }
        reader?.Chown(Path);
        reader?.Chown(_folder);
    }

    public string Path { get; }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
