namespace TwiBackup.Policy.Tests;

public sealed class PolicyFileTests
{
    [Fact]
    public void Every_value_arrives()
    {
        var policy = Sample.Policy;
        Assert.Equal((1, "twi-bot", "UTC"), (policy.Version, policy.System, policy.TimeZone.Id));
        Assert.Equal(
            (DatabaseMode.Physical, "host=db user=backup dbname=bot", "env:DB_PASSWORD", "twibackup"),
            (policy.Database.Mode, policy.Database.Connection.ToString(), policy.Database.Password!.ToString(), policy.Database.Slot));
        Assert.Equal(["bot"], policy.Database.Databases);
        Assert.Equal(
            new HeartbeatPolicy { Table = "public.messages", Column = "created_at", Interval = TimeSpan.FromSeconds(1) },
            policy.Database.Heartbeat);
        Assert.Equal(
            new StoresPolicy
            {
                Primary = "s3://bot-backups/bot?region=eu-central-1",
                Replica = "s3://bot-backups-replica/bot?region=eu-west-1",
                Lock = new LockPolicy { Mode = LockMode.Governance, Days = 365 },
            },
            policy.Stores);
        Assert.Equal([Sample.Recipient], policy.Keys.Recipients.Select(key => key.ToString()));
        Assert.Equal([Sample.VerifyKey], policy.Keys.Trusted.Select(key => key.ToString()));
        Assert.Equal(["env:VERIFIERS"], policy.Keys.TrustedVerifiers.Select(key => key.ToString()));
        Assert.Equal(
            ("file:/keys/identity", "env:SIGNING_KEY", "env:VERIFIER_KEY"),
            (policy.Keys.Identity!.ToString(), policy.Keys.SigningKey!.ToString(), policy.Keys.VerifierKey!.ToString()));
        Assert.Equal(
            new FullPolicy { Schedule = Sample.Cron("0 2 * * *"), Keep = TimeSpan.FromDays(30), Level = 3, Workers = 2 },
            policy.Backups.Full);
        Assert.Equal(
            new IncrementalPolicy
            {
                Schedule = Sample.Cron("0 * * * *"),
                Keep = TimeSpan.FromDays(7),
                FlushInterval = TimeSpan.FromSeconds(10),
                MarkInterval = TimeSpan.FromMinutes(1),
            },
            policy.Backups.Incremental);
        Assert.Equal(
            new DumpPolicy { Schedule = Sample.Cron("30 2 * * *"), Keep = TimeSpan.FromDays(30), LockTimeout = TimeSpan.FromSeconds(30) },
            policy.Backups.Dump);
        Assert.Equal([new ConfigurationPath("/app/.env")], policy.Backups.Configuration!.Paths);
        Assert.True(policy.Backups.Configuration.Schedule.IsOnChange);
        Assert.Equal(
            new RepositoryPolicy
            {
                Schedule = Sample.Cron("0 4 * * 0"),
                Keep = TimeSpan.FromDays(365),
                Source = "https://git.test/b.git",
                TokenSecret = Secret("env:GIT_TOKEN"),
            },
            policy.Backups.Repository);
        Assert.Equal(["/app/logs/*.log.*"], policy.Backups.Logs!.Paths);
        Assert.Equal(
            new VerificationPolicy { Schedule = Sample.Cron("0 3 * * 0"), Random = 1, Keep = TimeSpan.FromDays(365) },
            policy.Verification! with { System = null });
        Assert.Equal(
            new RehearsalPolicy { Schedule = Sample.Cron("0 6 1 1,4,7,10 *"), Keep = TimeSpan.FromDays(3 * 365) }, policy.Rehearsal);
        Assert.Equal(TimeSpan.FromDays(7), policy.RecoveryWindow);
        Assert.Equal(
            new ObjectivesPolicy
            {
                Bot = new(Rto: TimeSpan.FromHours(1)),
                Database = new(TimeSpan.FromHours(1), TimeSpan.FromHours(2)),
                Configuration = new(TimeSpan.FromHours(24)),
                Repository = new(TimeSpan.FromDays(7)),
                System = new(Rto: TimeSpan.FromHours(4)),
                Replica = new(TimeSpan.FromHours(1)),
            },
            policy.Objectives);
        Assert.Equal(
            new AlertsPolicy
            {
                Discord = Secret("env:DISCORD"), Ping = Secret("file:/keys/ping"),
                Repeat = TimeSpan.FromHours(3), Report = "https://ops.test/backups",
            },
            policy.Alerts);
        var recovery = policy.Recovery;
        Assert.Equal(RecoveryPlace.Here, recovery.Place);
        Assert.Equal(["./provision", "--size", "large"], recovery.Provision);
        Assert.Equal(["pg_ctlcluster", "15", "main", "start"], recovery.Start);
        Assert.Equal("host=127.0.0.1 user=backup", recovery.Connection!.ToString());
        Assert.Equal(["./deploy"], recovery.Deploy);
        Assert.Equal(["./route", "here"], recovery.Route);
        Assert.Equal(["AWS_*", "PULUMI_ACCESS_TOKEN"], recovery.Environment);
        Assert.Equal(("/srv/data", "/srv/app", "/srv/root"), (recovery.DataDirectory, recovery.Repository, recovery.ConfigurationRoot));
        Assert.Equal(RecoveryShares.Steps, recovery.Shares.Keys);
        Assert.Equal(TimeSpan.FromMinutes(40), recovery.Shares["database"]);
    }

    [Fact]
    public void Comments_trailing_commas_and_a_byte_order_mark_are_allowed()
    {
        var text = Sample.With("\"version\": 1,", "/* one\n two */ \"version\": 1, // three")
            .Replace("[\"bot\"]", "[\"bot\", ]", StringComparison.Ordinal);
        Assert.Equal("twi-bot", Sample.Parse($"\uFEFF// a comment\n{text}").System);
    }

    [Fact]
    public void Defaults_fill_what_is_not_said()
    {
        var policy = Sample.Parse($$"""
            {
              "version": 1, "system": "bot",
              "database": { "mode": "physical", "connection": "env:DATABASE_URL" },
              "stores": { "primary": "/backups" },
              "keys": { "recipients": ["{{Sample.Recipient}}"] },
              "backups": { "full": { "schedule": "0 2 * * *", "keep": "30d" }, "incremental": { "schedule": "0 * * * *", "keep": "7d" } },
              "objectives": { "database": { "rpo": "1h", "rto": "2h" }, "system": { "rto": "4h" } }
            }
            """);
        Assert.Equal((TimeZoneInfo.Utc, TimeSpan.FromDays(7), "twibackup"), (policy.TimeZone, policy.RecoveryWindow, policy.Database.Slot));
        var (full, wal) = (policy.Backups.Full!, policy.Backups.Incremental!);
        Assert.Equal(
            (3, 2, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1)),
            (full.Level, full.Workers, wal.FlushInterval, wal.MarkInterval));
        Assert.Equal("file:///backups", policy.Stores.Primary);
        Assert.Equal((null, null, null), (policy.Verification, policy.Rehearsal, policy.Backups.Dump));
        Assert.Equal(RecoveryPlace.Elsewhere, policy.Recovery.Place);
        Assert.Equal("pulumi up --stack dr --yes", string.Join(' ', policy.Recovery.Provision));
        Assert.Equal("docker compose up -d", string.Join(' ', policy.Recovery.Deploy));
        Assert.Equal(("/var/lib/postgresql/data", null, "/"), (policy.Recovery.DataDirectory, policy.Recovery.Repository, policy.Recovery.ConfigurationRoot));
    }

    [Fact]
    public void Relative_paths_start_at_the_policys_folder()
    {
        var text = Sample.With("\"s3://bot-backups/bot?region=eu-central-1\"", "\"store\"")
            .Replace("/app/.env", "app/.env", StringComparison.Ordinal)
            .Replace("file:/keys/identity", "file:keys/identity", StringComparison.Ordinal);
        var policy = PolicyFile.Parse(text, "/srv/bot/twibackup.json");
        Assert.Equal(
            ("file:///srv/bot/store", "/srv/bot/app/.env", "file:/srv/bot/keys/identity"),
            (policy.Stores.Primary, policy.Backups.Configuration!.Paths[0].Path, policy.Keys.Identity!.ToString()));
    }

    [Fact]
    public void Kinds_are_kept_as_the_policy_says()
    {
        const string kinds = "full database/full wal incremental differential dump configuration repository logs verification rehearsal";
        var days = kinds.Split(' ').Select(kind => Sample.Policy.KeepFor(kind).TotalDays);
        Assert.Equal([30, 30, 7, 7, 7, 30, 90, 365, 90, 365, 3 * 365], days);
        Assert.Throws<ArgumentException>(() => Sample.Policy.KeepFor("fulls"));
        var without = Sample.Policy with { Backups = new BackupsPolicy() };
        Assert.Equal(
            "The policy of twi-bot takes no backups of kind dump; add the section backups.dump to it.",
            Assert.Throws<TwiBackupException>(() => without.KeepFor("database/dump")).Message);
    }

    [Fact]
    public void The_policy_is_found_where_it_was_said_to_be()
    {
        var environment = new Dictionary<string, string> { ["TWIBACKUP_POLICY"] = "/b.json" };
        Assert.Equal("/a.json", PolicyFile.Find("/a.json", environment));
        Assert.Equal("/b.json", PolicyFile.Find(null, environment));
    }

    [Fact]
    public void A_file_that_is_not_there_is_one_line()
    {
        var refusal = Assert.Throws<TwiBackupException>(() => PolicyFile.Load("/nowhere/twibackup.json"));
        Assert.Equal("The policy /nowhere/twibackup.json does not exist; name another with --policy FILE.", refusal.Message);
        Assert.Equal(ExitCode.WrongUse, refusal.ExitCode);
    }

    private static SecretReference Secret(string text) =>
        SecretReference.TryParse(text, null, out var reference) ? reference : throw new ArgumentException(text);
}
