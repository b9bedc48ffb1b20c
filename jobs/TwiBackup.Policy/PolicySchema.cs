namespace TwiBackup.Policy;

/// <summary>The JSON Schema (draft 2020-12) of the policy, for editors.</summary>
public static class PolicySchema
{
    private const string Resource = "twibackup.schema.json";

    /// <summary>The schema's text.</summary>
    public static string ReadText()
    {
        using var stream = typeof(PolicySchema).Assembly.GetManifestResourceStream(Resource)
            ?? throw new TwiBackupException($"The resource {Resource} is missing from this build; build it again.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
