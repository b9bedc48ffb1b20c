namespace TwiBackup.AppHost;

/// <summary>The live page: what could be recovered right now. It holds public keys only, and is reached from this machine alone.</summary>
internal static class Page
{
    public const int Port = 8420;

    public static readonly object[] Arguments = ["serve", "--listen", $"0.0.0.0:{Port}", "--expose"];

    public static IResourceBuilder<ContainerResource> AsPage(this IResourceBuilder<ContainerResource> page) => page
        .WithHttpEndpoint(targetPort: Port, name: "http")
        .WithHttpHealthCheck("/", endpointName: "http")
        .WithUrlForEndpoint("http", url => url.DisplayText = "What could be recovered")
        .WithIconName("DataTrending")
        .PublishAsDockerComposeService((_, service) =>
        {
            service.Restart = "unless-stopped";
            service.Expose = [];
            // It asks for no password.
            service.Healthcheck = ComposeService.Check("30s", "CMD", "bash", "-c", $"exec 3<>/dev/tcp/127.0.0.1/{Port}");
            service.Ports = [$"127.0.0.1:{Port}:{Port}"];
        });
}
