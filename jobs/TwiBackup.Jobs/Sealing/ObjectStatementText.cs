using System.Globalization;
using System.Text;

namespace TwiBackup.Sealing;

/// <summary>Writes and reads the text of an <see cref="ObjectStatement"/>, as it is defined there.</summary>
internal static class ObjectStatementText
{
    private const string FirstLine = "twibackup-object 1";
    private static readonly string[] FixedKeys = ["name", "length", "sha256"];
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The content of the skippable frame.</summary>
    /// <exception cref="ArgumentException">A field can't be written so.</exception>
    public static byte[] Write(ObjectStatement statement, SigningKey signer)
    {
        var lines = WriteLines(statement);
        byte[] trailer = [.. lines, (byte)'\n', .. Utf8.GetBytes(Minisign.Sign(signer, lines, FirstLine))];
        return trailer.Length <= SkippableFrame.MaxContent
            ? trailer
            : throw new ArgumentException($"The fields of a statement are too long: {trailer.Length} bytes.", nameof(statement));
    }

    /// <summary>Reads the statement, whose signature is by one of <paramref name="trusted"/>.</summary>
    /// <exception cref="ObjectRefusedException">It is malformed, or its signature is.</exception>
    public static ObjectStatement Read(byte[] trailer, IReadOnlyCollection<VerifyKey> trusted, string objectName)
    {
        var end = trailer.AsSpan().IndexOf("\n\n"u8);
        if (end < 0) throw Malformed(objectName);
        var lines = trailer.AsSpan(0, end + 1);
        try
        {
            Minisign.Verify(trusted, lines, Utf8.GetString(trailer.AsSpan(end + 2)), objectName);
            var statement = ReadLines(Utf8.GetString(lines));
            return WriteLines(statement).AsSpan().SequenceEqual(lines) ? statement : throw Malformed(objectName);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            throw Malformed(objectName, e);
        }
    }

    private static byte[] WriteLines(ObjectStatement statement)
    {
        var text = new StringBuilder(FirstLine).Append('\n');
        Append(text, FixedKeys[0], statement.Name);
        ArgumentOutOfRangeException.ThrowIfNegative(statement.Length);
        Append(text, FixedKeys[1], statement.Length.ToString(CultureInfo.InvariantCulture));
        if (statement.Sha256.Length != 64 || !statement.Sha256.All(char.IsAsciiHexDigitLower))
            throw new ArgumentException("A SHA-256 is 64 lower-case hexadecimal digits.");
        Append(text, FixedKeys[2], statement.Sha256);
        foreach (var (key, value) in statement.Fields.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            if (!IsWord(key) || FixedKeys.Contains(key)) throw new ArgumentException($"'{key}' is no key of a field.");
            Append(text, key, value);
        }
        return Utf8.GetBytes(text.ToString());
    }

    private static void Append(StringBuilder text, string key, string value)
    {
        if (value.Any(char.IsControl)) throw new ArgumentException($"The value of {key} has control characters.");
        text.Append(key).Append(": ").Append(value).Append('\n');
    }

    private static bool IsWord(string key) =>
        key.Length > 0 && char.IsAsciiLetterLower(key[0]) && key.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static ObjectStatement ReadLines(string text)
    {
        var fields = new Dictionary<string, string>();
        var lines = text.Split('\n');
        foreach (var line in lines.Skip(1).SkipLast(1))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0) throw new FormatException("A line of the statement has no colon.");
            fields.Add(line[..colon], line[(colon + 2)..]);
        }
        if (!fields.Remove(FixedKeys[0], out var name)
            || !fields.Remove(FixedKeys[1], out var length)
            || !fields.Remove(FixedKeys[2], out var sha256))
        {
            throw new FormatException("The statement lacks a line.");
        }
        return new ObjectStatement(name, long.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture), sha256, fields);
    }

    private static ObjectRefusedException Malformed(string objectName, Exception? cause = null) =>
        new(objectName, "carries a statement that is malformed: it was not written by TwiBackup.", cause);
}
