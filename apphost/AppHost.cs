using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TwiBackup;
using TwiBackup.AppHost;

// dotnet run --project apphost                                        everything, with a dashboard
// dotnet run --project apphost -- --scenario lost-host --headless     a rehearsal to its end; its exit code is ours
try
{
    var run = RunArguments.Read(args);
    var builder = DistributedApplication.CreateBuilder(
        new DistributedApplicationOptions { Args = run.Others, DisableDashboard = run.IsHeadless });
    // What is not up yet is no news: the resources' states and logs say more.
    builder.Services.AddLogging(logging => logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
    if (!run.IsHeadless)
    {
        BotSystem.AddTo(builder);
        await builder.Build().RunAsync();
        return 0;
    }

    var rehearsal = BotSystem.AddRehearsalAlone(builder, run.Scenario);
    await using var app = builder.Build();
    return await Headless.RunAsync(app, rehearsal.Resource, Console.Out);
}
catch (TwiBackupException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return (int)e.ExitCode;
}
