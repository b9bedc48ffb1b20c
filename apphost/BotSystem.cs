using TwiBackup.Scheduling;

namespace TwiBackup.AppHost;

/// <summary>The wiring: what there is, what each part needs, and in which order they start. Each part has a file of its own.</summary>
public static class BotSystem
{
    /// <summary>Everything: what is protected, what protects it, and where to. Published, it is compose.yaml.</summary>
    public static void AddTo(IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = Settings.Of(builder);
        var secrets = Secrets.AddTo(builder);
        var image = builder.AddJobsImage(settings);
        builder.AddNotices();

        // What is protected: the database, and the bot that writes to it
        var postgres = builder.AddBotPostgres(settings, secrets);
        builder.AddBot(settings, image, secrets, postgres);

        // Published, that and the jobs are all: backups go where the policy says
        if (builder.ExecutionContext.IsPublishMode)
        {
            var published = new Jobs(builder, image, secrets, Promises.Load(builder), postgres);
            published.Add("jobs", Jobs.All, "schedule").AsSchedule(Bot.FilesFolder);
            published.Add("page", JobSecrets.None, Page.Arguments).AsPage();
            builder.AddCompose();
            return;
        }

        // Where backups go: an S3 server, and another one in the part of the second region
        var store = builder.AddStore("store", settings, secrets);
        var replica = builder.AddStore("store-replica", settings, secrets).Following(store, settings);

        // What protects it: the schedule with the WAL receiver, and the live page
        var files = settings.BotFiles ?? Bot.FilesVolume;
        var promises = Promises.Load(
            builder,
            ("database.connection", Bot.Connection(postgres.GetEndpoint("tcp"), Postgres.BackupRole, Postgres.Database)),
            ("stores.primary", store.Url(Stores.Bucket)),
            ("stores.replica", replica.Url(Stores.ReplicaBucket)));
        var jobs = new Jobs(builder, image, secrets, promises, postgres) { Files = files };
        jobs.After(jobs.Add("store-setup", JobSecrets.None, "store", "prepare").WaitFor(store).WaitFor(replica));
        if (settings.BotFiles is null)
            jobs.After(builder.AddStandInFiles(image));
        var schedule = jobs.Add("jobs", Jobs.All, "schedule").AsSchedule(files);
        jobs.Add("page", JobSecrets.None, Page.Arguments).AsPage().WithParentRelationship(schedule);

        // On demand: each backup type and verification, the status, the recovery, a rehearsal
        var onDemand = jobs.AddOnDemand(schedule);
        var status = jobs.Add("status", JobSecrets.None, "status", "--check").OnDemand(schedule);
        var recovery = jobs.AddRecovery(postgres);
        var rehearsal = builder.AddRehearsal(image, secrets, store).WithExplicitStart();

        // What a person does in the dashboard
        schedule.WithJob("backup-now", "Back up now", "ArchiveArrowBack", onDemand[ScheduledJobs.Full], status);
        schedule.WithJob("verify-now", "Verify now", "ShieldCheckmark", onDemand["verification full"], status);
        postgres.WithKill().WithRecovery(recovery, promises.Policy.Objectives.Database);
        rehearsal.WithRehearse().WithLastReport();
    }

    /// <summary>Only what a rehearsal needs, which brings its own database and bot.</summary>
    /// <returns>The rehearsal, which starts by itself.</returns>
    public static IResourceBuilder<ContainerResource> AddRehearsalAlone(IDistributedApplicationBuilder builder, string scenario)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = Settings.Of(builder);
        var secrets = Secrets.AddTo(builder);
        var image = builder.AddJobsImage(settings);
        var store = builder.AddStore("store", settings, secrets);
        return builder.AddRehearsal(image, secrets, store).OfScenario(scenario);
    }
}
