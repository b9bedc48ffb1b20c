namespace TwiBackup.Infra.Tests.Support;

/// <summary>The project's own files, which the tests run with.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pulumi.yaml")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The tests are not within the project.");
    }
}
