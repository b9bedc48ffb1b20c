using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using TwiBackup.Policy;

namespace TwiBackup.Commands;

/// <summary>The variables that this process was started with.</summary>
internal static class ProcessEnvironment
{
    /// <summary>Of /proc/self/stat, counted behind the name in brackets: where the block that the kernel laid down begins.</summary>
    private const int BlockStartField = 47;

    public static IReadOnlyDictionary<string, string> Read()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        return variables;
    }

    /// <summary>
    /// Takes the variables that hold the policy's secrets out of what children of this process would inherit, and out of what
    /// <c>/proc/PID/environ</c> shows as long as it runs.
    /// </summary>
    public static void Forget(BackupPolicy policy)
    {
        var names = policy.Secrets().Where(s => s.Kind == SecretKind.Environment).Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names)
            Environment.SetEnvironmentVariable(name, null);
        if (names.Count > 0)
            Erase(names);
    }

    /// <summary>
    /// The runtime works on a copy: the block that the process was started with stays as it was, and that is what the kernel shows. It is
    /// our own memory.
    /// </summary>
    private static void Erase(HashSet<string> names)
    {
        byte[] block;
        string stat;
        try
        {
            block = File.ReadAllBytes("/proc/self/environ");
            stat = File.ReadAllText("/proc/self/stat");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where there is no /proc, it shows nothing.
            return;
        }

        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= BlockStartField || !long.TryParse(fields[BlockStartField], NumberStyles.None, CultureInfo.InvariantCulture, out var start) || start == 0)
            return;
        for (var at = 0; at < block.Length;)
        {
            var length = block.AsSpan(at).IndexOf((byte)0);
            if (length < 0)
                break;
            var equals = block.AsSpan(at, length).IndexOf((byte)'=');
            if (equals > 0 && names.Contains(Encoding.UTF8.GetString(block, at, equals)))
            {
                for (var i = at + equals + 1; i < at + length; i++)
                    Marshal.WriteByte((nint)start, i, 0);
            }

            at += length + 1;
        }
    }
}
