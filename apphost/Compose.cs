namespace TwiBackup.AppHost;

/// <summary>compose.yaml, as <c>aspire publish</c> writes it.</summary>
internal static class Compose
{
    public static void AddCompose(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode)
            builder.AddDockerComposeEnvironment("compose").WithDashboard(false).ConfigureComposeFile(file => file.Name = "twibackup");
    }
}
