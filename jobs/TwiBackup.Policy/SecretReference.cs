using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace TwiBackup.Policy;

/// <summary>
/// Says where a secret stands: <c>env:NAME</c> or <c>file:PATH</c>. The secret itself is never part of it, so it can be printed.
/// </summary>
public sealed record SecretReference
{
    private const int MaximumBytes = 64 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private SecretReference(SecretKind kind, string name) => (Kind, Name) = (kind, name);

    public SecretKind Kind { get; }

    /// <summary>The variable's name or the file's path.</summary>
    public string Name { get; }

    /// <summary>Reads <c>env:NAME</c> or <c>file:PATH</c>.</summary>
    /// <param name="folder">Where a relative path starts; null: at the working directory.</param>
    /// <returns>False: the text is no reference. It may then be a secret: don't show it.</returns>
    public static bool TryParse(string text, string? folder, [NotNullWhen(true)] out SecretReference? reference)
    {
        ArgumentNullException.ThrowIfNull(text);
        reference = null;
        if (text.StartsWith("env:", StringComparison.Ordinal))
        {
            var name = text[4..];
            if (IsVariableName(name))
                reference = new SecretReference(SecretKind.Environment, name);
        }
        else if (text.StartsWith("file:", StringComparison.Ordinal))
        {
            var path = text[5..];
            if (path.StartsWith("///", StringComparison.Ordinal))
                path = path[2..];
            if (path.Length > 0 && !path.StartsWith("//", StringComparison.Ordinal) && !path.Any(char.IsControl))
                reference = new SecretReference(SecretKind.File, folder is null ? path : Path.GetFullPath(path, folder));
        }

        return reference is not null;
    }

    /// <summary>Whether there is something where it leads; it may still be no good.</summary>
    /// <param name="environment">The variables this process was started with.</param>
    public bool LeadsSomewhere(IReadOnlyDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return Kind == SecretKind.File ? File.Exists(Name) : environment.TryGetValue(Name, out var value) && value.Trim().Length > 0;
    }

    /// <summary>Reads the secret, without the line ends after it.</summary>
    /// <param name="environment">The variables this process was started with.</param>
    /// <exception cref="TwiBackupException">It is not there, is empty, or its file can be read by others than its owner.</exception>
    public string Resolve(IReadOnlyDictionary<string, string> environment) => Read(environment, isPublic: false);

    /// <summary>The reference, as the policy has it. Never the secret.</summary>
    public override string ToString() => Kind == SecretKind.Environment ? $"env:{Name}" : $"file:{Name}";

    /// <param name="isPublic">Whether others than the file's owner may read it.</param>
    internal string Read(IReadOnlyDictionary<string, string> environment, bool isPublic)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (Kind == SecretKind.File)
            return ReadFile(isPublic);
        if (environment.TryGetValue(Name, out var value) && value.Trim().Length > 0)
            return value.TrimEnd('\r', '\n');
        throw Refused($"environment variable {Name}, which the policy names, is not set; set it and start again");
    }

    private string ReadFile(bool isPublic)
    {
        try
        {
            using var stream = new FileStream(Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (!isPublic && !OperatingSystem.IsWindows())
            {
                var mode = File.GetUnixFileMode(stream.SafeFileHandle);
                if ((mode & ~OwnerOnly) != 0)
                {
                    var octal = Convert.ToString((int)mode, 8).PadLeft(4, '0');
                    throw Refused($"others than its owner can use it (mode {octal}); run: chmod 600 {Name}");
                }
            }

            var buffer = new byte[MaximumBytes + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaximumBytes)
                throw Refused("it is longer than 64 KiB, which no key or password is; name the right file");
            var text = Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\r', '\n');
            return text.Trim().Length > 0 ? text : throw Refused("it is empty; write the secret into it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "it does not exist; create it with mode 0600",
                _ => "it cannot be read by this user; give it to the user that runs the jobs, with mode 0600",
            };
            throw Refused(why, e);
        }
    }

    private TwiBackupException Refused(string why, Exception? cause = null) => new(ExitCode.WrongUse, $"{this}: {why}", cause);

    private static bool IsVariableName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
