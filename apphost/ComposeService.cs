using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes;

namespace TwiBackup.AppHost;

/// <summary>What Aspire's model has no words for, in the words of compose.yaml.</summary>
internal static class ComposeService
{
    /// <summary>An ordinary user, a read-only root file system, no capabilities; built from this repository.</summary>
    public static void Harden(Service service, JobsImage image)
    {
        service.Build = new Build { Context = ".", Dockerfile = "jobs/Dockerfile" };
        service.Image = image.Reference;
        service.ReadOnly = true;
        service.CapDrop = ["ALL"];
        service.SecurityOpt = ["no-new-privileges:true"];
        // The image asks a scheduler, which most of its containers are not.
        service.Healthcheck = Check("0s", "NONE");
    }

    /// <summary>A file or folder beside compose.yaml, read-only.</summary>
    public static Volume Bind(string source, string target) => new() { Name = source, Type = "bind", Source = source, Target = target, ReadOnly = true };

    public static Healthcheck Check(string startPeriod, params string[] test) =>
        new() { Test = [.. test], Interval = "10s", Timeout = "5s", Retries = 6, StartPeriod = startPeriod };

    /// <summary>Waits until it is healthy: Aspire publishes only that it has started.</summary>
    public static void WaitUntilHealthy(Service service, string other) => service.DependsOn[other] = new() { Condition = "service_healthy" };
}
