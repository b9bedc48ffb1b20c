namespace TwiBackup.AppHost.Tests.Support;

/// <summary>The project's own files.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>
    /// Compares with a reviewed file, less its lines that begin with <c>##</c>, which are for the reader; <c>TWIBACKUP_TEST_UPDATE=1</c>
    /// writes it anew.
    /// </summary>
    public static void AssertReviewed(string actual, params string[] parts)
    {
        var path = PathOf(parts);
        var header = File.Exists(path) ? File.ReadLines(path).TakeWhile(line => line.StartsWith("##", StringComparison.Ordinal)).ToList() : [];
        if (Environment.GetEnvironmentVariable("TWIBACKUP_TEST_UPDATE") == "1")
            File.WriteAllText(path, string.Concat(header.Select(line => line + "\n")) + actual);
        Assert.Equal(actual, string.Concat(File.ReadAllLines(path)[header.Count..].Select(line => line + "\n")));
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "twibackup.json")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The tests are not within the project.");
    }
}
