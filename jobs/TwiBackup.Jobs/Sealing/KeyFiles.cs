using System.Globalization;
using System.Text;
using TwiBackup.Stores;

namespace TwiBackup.Sealing;

/// <summary>
/// The files that hold keys: <c>identity.txt</c> as age-keygen writes it, <c>signing.key</c> and <c>signing.pub</c> as minisign does.
/// </summary>
public static class KeyFiles
{
    public const string IdentityName = "identity.txt";
    public const string SigningName = "signing.key";
    public const string SigningPublicName = "signing.pub";

    /// <summary>Longest file that is read, in bytes.</summary>
    private const int MaxLength = 64 << 10;

    private const UnixFileMode FolderMode0700 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Makes an identity and a signing key and writes the three files, 0600 and synced, into <paramref name="folder"/>, which is made 0700
    /// when it is not there. Throws <see cref="TwiBackupException"/> (wrong use) and changes nothing when one of them exists.
    /// </summary>
    public static async Task<GeneratedKeys> GenerateAsync(string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(folder)) throw new TwiBackupException(ExitCode.WrongUse, "Give a folder for the keys with --out.");
        ArgumentNullException.ThrowIfNull(time);
        var identity = AgeIdentity.Generate();
        var signing = SigningKey.Generate();
        var keys = new GeneratedKeys(
            identity.Recipient,
            signing.Public,
            Path.Combine(folder, IdentityName),
            Path.Combine(folder, SigningName),
            Path.Combine(folder, SigningPublicName));
        var created = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        (string Path, string Text)[] files =
        [
            (keys.IdentityFile, $"# created: {created}\n# public key: {identity.Recipient}\n{identity.RevealText()}\n"),
            (keys.SigningFile, signing.RevealFileText()),
            (keys.SigningPublicFile, signing.Public.ToFileText()),
        ];
        if (files.FirstOrDefault(file => Path.Exists(file.Path)).Path is { } taken) throw Taken(taken);
        await WriteAllAsync(folder, files, cancellationToken);
        return keys;
    }

    /// <summary>The identities of a file; throws <see cref="TwiBackupException"/> (wrong use) that names it.</summary>
    public static async Task<IReadOnlyList<AgeIdentity>> ReadIdentitiesAsync(string path, CancellationToken cancellationToken) =>
        AgeIdentity.ReadAll(await ReadAsync(path, cancellationToken), path);

    /// <summary>The signing key of a file; throws <see cref="TwiBackupException"/> (wrong use) that names it.</summary>
    public static async Task<SigningKey> ReadSigningKeyAsync(string path, CancellationToken cancellationToken) =>
        SigningKey.Parse(await ReadAsync(path, cancellationToken), path);

    /// <summary>Tells what a file is; throws <see cref="TwiBackupException"/> (wrong use) when it is no key file.</summary>
    public static async Task<KeyFileContent> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        var text = await ReadAsync(path, cancellationToken);
        var lines = text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#')).ToList();
        var first = lines.FirstOrDefault() ?? "";
        if (first.StartsWith(AgeIdentity.Prefix, StringComparison.OrdinalIgnoreCase))
            return new KeyFileContent("identity", [.. AgeIdentity.ReadAll(text, path).Select(identity => identity.Recipient)], null);
        if (first.StartsWith($"{AgeRecipient.Prefix}1", StringComparison.Ordinal))
            return new KeyFileContent("recipient", [.. lines.Select(AgeRecipient.Parse)], null);
        if (lines.Count == 2 && StrictBase64.TryDecode(lines[1], out var bytes) && bytes.Length == SigningKey.EncodedSize)
            return new KeyFileContent("signing key", [], SigningKey.Parse(text, path).Public);
        if (lines.Count is 1 or 2 && lines[^1].StartsWith("RW", StringComparison.Ordinal))
            return new KeyFileContent("public key", [], VerifyKey.Parse(text));
        throw new TwiBackupException(ExitCode.WrongUse, $"{path} is no key file: neither an age identity or recipient nor a minisign key.");
    }

    private static async Task WriteAllAsync(string folder, (string Path, string Text)[] files, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException();
        var written = new List<string>();
        try
        {
            Directory.CreateDirectory(folder, FolderMode0700);
            foreach (var (path, text) in files)
            {
                await using var file = PrivateFile.Create(path);
                written.Add(path);
                await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
                file.Flush(flushToDisk: true);
            }
            Posix.SyncFolder(folder);
        }
        catch (Exception e)
        {
            // A part of the keys is of no use, and would stand in the way of the next try.
            foreach (var path in written) File.Delete(path);
            if (e is IOException && files.Select(file => file.Path).Except(written).FirstOrDefault(Path.Exists) is { } taken)
                throw Taken(taken, e);
            if (e is IOException or UnauthorizedAccessException)
                throw new TwiBackupException($"The keys can't be written to {folder}: {e.Message} Give another folder with --out.", e);
            throw;
        }
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
            var buffer = new byte[MaxLength];
            var length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            if (buffer.AsSpan(0, length).StartsWith(AgeHeader.VersionLine))
                throw new TwiBackupException(ExitCode.WrongUse, $"{path} is a sealed object, not a key file.");
            if (length == MaxLength)
                throw new TwiBackupException(ExitCode.WrongUse, $"{path} is no key file: it has {MaxLength} bytes or more.");
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException(ExitCode.WrongUse, $"{path} can't be read: {e.Message}", e);
        }
    }

    private static TwiBackupException Taken(string path, Exception? cause = null) =>
        new(ExitCode.WrongUse, $"{path} exists and is not overwritten: backups may need it. Give another folder with --out.", cause);
}
