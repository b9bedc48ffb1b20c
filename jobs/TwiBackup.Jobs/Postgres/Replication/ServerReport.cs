namespace TwiBackup.Postgres.Replication;

/// <summary>An ErrorResponse or NoticeResponse
/// (<see href="https://www.postgresql.org/docs/current/protocol-error-fields.html">55.8</see>).</summary>
internal sealed record ServerReport(string Severity, string SqlState, string Message, string? Detail, string? Hint)
{
    /// <summary>Whether the server ends the connection after it.</summary>
    public bool IsFatal => Severity is "FATAL" or "PANIC";

    public static ServerReport Read(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        string severity = "ERROR", state = "XX000", message = "(no message)";
        string? detail = null, hint = null;
        while (reader.Byte() is var field && field != 0)
        {
            var value = reader.Text();
            switch ((char)field)
            {
                // V is S without translation.
                case 'V': severity = value; break;
                case 'C': state = value; break;
                case 'M': message = OneLine(value); break;
                case 'D': detail = OneLine(value); break;
                case 'H': hint = OneLine(value); break;
                default: break;
            }
        }
        return new ServerReport(severity, state, message, detail, hint);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
