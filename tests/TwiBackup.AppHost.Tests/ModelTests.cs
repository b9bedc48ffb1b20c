using Microsoft.Extensions.DependencyInjection;
using TwiBackup.AppHost.Tests.Support;
using TwiBackup.Scheduling;

namespace TwiBackup.AppHost.Tests;

public sealed class ModelTests
{
    private static readonly string[] Opening = [Secrets.Identity, Secrets.VerifierKey];
    private static readonly string[] Everybodys = [Secrets.AccessKey, Secrets.SecretKey, Secrets.Recipients, Secrets.Trusted, Secrets.TrustedVerifiers];

    /// <summary>Resources, references, wait order, environment, commands: what differs from the reviewed text is seen.</summary>
    [Fact]
    public async Task The_whole_model_is_as_reviewed()
    {
        await using var model = Model.Build();
        Repository.AssertReviewed(await ModelText.OfAsync(model), "tests", "TwiBackup.AppHost.Tests", "Snapshots", "model.txt");
    }

    [Fact]
    public async Task A_headless_rehearsal_brings_only_what_it_needs()
    {
        await using var model = Model.Build(builder => BotSystem.AddRehearsalAlone(builder, "bad-migration"));
        Assert.Equal(
            ["rehearsal", "store", "store-rehearsals", "twibackup"],
            model.Resources.Where(resource => resource is not ParameterResource).Select(resource => resource.Name).Order());
        var (_, arguments) = await model.ExpressionsOfAsync("rehearsal");
        Assert.Equal("bad-migration", arguments[arguments.ToList().IndexOf("--scenario") + 1]);
        Assert.Empty(model["rehearsal"].Annotations.OfType<ExplicitStartupAnnotation>());
    }

    [Fact]
    public async Task Every_backup_type_and_verification_of_the_policy_can_be_started_by_hand()
    {
        await using var model = Model.Build();
        var policy = Policy.PolicyFile.Load(Repository.PathOf("twibackup.json"));
        var wanted = ScheduledJobs.Of(policy).Where(job => job.Arguments[0] is "backup" or "verify").ToList();
        Assert.True(wanted.Count > 6);
        foreach (var job in wanted)
        {
            var name = string.Join('-', job.Arguments).Replace("--", "", StringComparison.Ordinal);
            Assert.Single(model[name].Annotations.OfType<ExplicitStartupAnnotation>());
            Assert.Equal([.. job.Arguments, .. job.Options], (await model.ExpressionsOfAsync(name)).Arguments);
        }

        Assert.NotNull(model["backup-configuration"]);
    }

    /// <summary>On one machine the roles are split by keys: who writes can open nothing, the page and the status hold no secret key.</summary>
    [Theory]
    [InlineData("backup-database", new[] { Secrets.DatabasePassword, Secrets.SigningKey })]
    [InlineData("backup-logs", new[] { Secrets.SigningKey })]
    [InlineData("verify-database", new[] { Secrets.Identity, Secrets.VerifierKey })]
    [InlineData("recovery", new[] { Secrets.Identity, Secrets.SigningKey, Secrets.VerifierKey })]
    [InlineData("page", new string[0])]
    [InlineData("status", new string[0])]
    [InlineData("store-setup", new string[0])]
    public async Task Each_gets_its_own_secrets_and_no_others(string name, string[] its)
    {
        await using var model = Model.Build();
        var (environment, _) = await model.ExpressionsOfAsync(name);
        var given = environment.Keys.Where(variable => variable is not Jobs.PolicyText && !variable.StartsWith("OTEL_", StringComparison.Ordinal));
        Assert.Equal(its.Concat(Everybodys).Order(), given.Order());
    }

    [Fact]
    public async Task Only_the_scheduler_and_who_opens_hold_what_opens_backups()
    {
        await using var model = Model.Build();
        foreach (var resource in model.Resources.Where(resource => resource is ContainerResource))
        {
            var (environment, _) = await model.ExpressionsOfAsync(resource.Name);
            var mayOpen = resource.Name is "jobs" or "recovery" || resource.Name.StartsWith("verify-", StringComparison.Ordinal);
            Assert.Equal(mayOpen, environment.Keys.Any(Opening.Contains));
        }
    }

    /// <summary>Whatever is secret comes from a parameter that says so: the dashboard masks it, and nothing that is published holds it.</summary>
    [Fact]
    public async Task No_secret_stands_in_the_clear()
    {
        string[] secrets = [.. new[] { "postgres", "twibackup-db", "twibackup-bot" }.Select(name => $"{name}-password"), "aws-access-key-id", "aws-secret-access-key", "twibackup-identity", "twibackup-signing-key", "twibackup-verifier-key"];
        await using var model = Model.Build([.. secrets.Select((name, i) => ($"Parameters:{name}", $"HUSH-{i}"))]);
        Assert.Equal(secrets.Order(), model.Resources.OfType<ParameterResource>().Where(parameter => parameter.Secret).Select(parameter => parameter.Name).Order());
        foreach (var resource in model.Resources.Where(resource => resource is not ParameterResource))
        {
            var (environment, arguments) = await model.ExpressionsOfAsync(resource.Name);
            Assert.All(environment.Values.Concat(arguments), value => Assert.DoesNotContain("HUSH", value, StringComparison.Ordinal));
            Assert.All(arguments, argument => Assert.All(secrets, name => Assert.DoesNotContain(name, argument, StringComparison.Ordinal)));
            Assert.All(resource.Annotations.OfType<ResourceCommandAnnotation>(), command => Assert.DoesNotContain("HUSH", $"{command.DisplayName}{command.ConfirmationMessage}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Keys_are_made_once_kept_by_Aspire_and_fit_one_another()
    {
        await using var model = Model.Build();
        string ValueOf(string variable) => model.Resources.OfType<ParameterResource>().Single(parameter => parameter.Name == Secrets.NameOf(variable)).GetValueAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
        var identity = ValueOf(Secrets.Identity);
        Assert.Equal(identity, ValueOf(Secrets.Identity));
        Assert.Equal(Sealing.AgeIdentity.ReadAll(identity, "test")[0].Recipient.ToString(), ValueOf(Secrets.Recipients));
        Assert.Equal(Sealing.SigningKey.Parse(ValueOf(Secrets.SigningKey), "test").Public.ToString(), ValueOf(Secrets.Trusted));
        Assert.Equal(Sealing.SigningKey.Parse(ValueOf(Secrets.VerifierKey), "test").Public.ToString(), ValueOf(Secrets.TrustedVerifiers));
        foreach (var parameter in model.Resources.OfType<ParameterResource>().Where(parameter => parameter.Secret))
            Assert.Equal("UserSecretsParameterDefault", parameter.Default?.GetType().Name);
    }

    [Fact]
    public async Task A_key_that_is_kept_already_is_used_with_its_public_half()
    {
        var signing = Sealing.SigningKey.Generate();
        await using var model = Model.Build(("Parameters:twibackup-signing-key", signing.RevealFileText()));
        var trusted = model.Resources.OfType<ParameterResource>().Single(parameter => parameter.Name == "twibackup-trusted");
        Assert.Equal(signing.Public.ToString(), await trusted.GetValueAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_real_bot_takes_the_place_of_the_stand_in()
    {
        await using var model = Model.Build(("Bot:Image", "registry.example/bot:7"));
        Assert.True(model["bot"].TryGetContainerImageName(out var image));
        Assert.Equal("registry.example/bot:7", image);
        Assert.DoesNotContain(model.Resources, resource => resource.Name == "bot-database");
        var (environment, _) = await model.ExpressionsOfAsync("bot");
        Assert.Equal("{bot-token.value}", environment["BOT_TOKEN"]);
        // A copy that writes and posts as the production bot is worse than none.
        Assert.Equal("staging", environment["ENVIRONMENT"]);
        Assert.Equal("{postgres.bindings.tcp.port}", environment["PGPORT"]);
    }

    [Fact]
    public async Task The_version_of_PostgreSQL_is_chosen_for_the_server_and_for_the_scratch_servers()
    {
        await using var model = Model.Build(("Postgres:Version", "16.10"));
        Assert.True(model["postgres"].TryGetContainerImageName(out var image));
        Assert.EndsWith("postgres:16.10", image, StringComparison.Ordinal);
        Assert.Equal("16", model["twibackup"].Annotations.OfType<DockerfileBuildAnnotation>().Single().BuildArguments["PG_MAJORS"]);
    }

    [Fact]
    public async Task An_image_that_is_there_is_not_built()
    {
        await using var model = Model.Build(("Jobs:Image", "registry.example:5000/twibackup:1.2"));
        Assert.DoesNotContain(model.Resources, resource => resource.Name == "twibackup");
        Assert.True(model["jobs"].TryGetContainerImageName(out var image));
        Assert.Equal("registry.example:5000/twibackup:1.2", image);
    }

    /// <summary>Every command line that stands in the model is one that the program understands.</summary>
    [Fact]
    public async Task The_program_understands_every_command_line()
    {
        await using var model = Model.Build();
        var checkedOnes = 0;
        foreach (var resource in model.Resources.OfType<ContainerResource>().Where(container => container.Entrypoint is null))
        {
            if (!resource.TryGetContainerImageName(out var image) || !image.StartsWith("twibackup", StringComparison.Ordinal))
                continue;
            var (_, arguments) = await model.ExpressionsOfAsync(resource.Name);
            Assert.True(Commands.Program.CreateRoot().Parse([.. arguments]).Errors.Count == 0, $"{resource.Name}: twibackup {string.Join(' ', arguments)}");
            checkedOnes++;
        }

        Assert.True(checkedOnes > 15);
    }

    /// <summary>What is promised stands once: only where things are differs on a developer's machine.</summary>
    [Fact]
    public async Task The_jobs_get_the_policys_promises_with_the_places_of_this_machine()
    {
        await using var model = Model.Build();
        model.Listens("postgres", 5432, 15432);
        model.Listens("store", 8333, 18333);
        model.Listens("store-replica", 8333, 18334);
        var (environment, _) = await model.ConfigurationOfAsync("backup-logs");
        var local = Policy.PolicyFile.Parse(environment[Jobs.PolicyText], "/etc/twibackup/twibackup.json");
        var file = Policy.PolicyFile.Load(Repository.PathOf("twibackup.json"));

        Assert.Equal("host=127.0.0.1 port=15432 user=twibackup dbname=twi_bot_shard", local.Database.Connection.ToString());
        Assert.StartsWith("s3://twi-bot-backups?endpoint=http://127.0.0.1:18333", Uri.UnescapeDataString(local.Stores.Primary), StringComparison.Ordinal);
        Assert.StartsWith("s3://twi-bot-backups-replica?endpoint=http://127.0.0.1:18334", Uri.UnescapeDataString(local.Stores.Replica!), StringComparison.Ordinal);
        Assert.Equal(file.Objectives, local.Objectives);
        Assert.Equal((file.Backups.Full, file.Backups.Incremental, file.RecoveryWindow), (local.Backups.Full, local.Backups.Incremental, local.RecoveryWindow));
        Assert.Equal(file.Stores.Lock, local.Stores.Lock);
        // Nobody is woken by a developer's machine.
        Assert.Null(local.Alerts.Discord);
    }

    [Fact]
    public async Task Notices_can_be_made_and_end_with_the_application()
    {
        await using var model = Model.Build();
        var notices = model.App.Services.GetRequiredService<Notices>();
        notices.Tell("Title", "Text", isGood: true);
        await notices.StopAsync(TestContext.Current.CancellationToken);
    }
}
