namespace TwiBackup.Policy.Tests;

/// <summary>A policy that is right, to be made wrong.</summary>
internal static class Sample
{
    public const string Recipient = "age16h43lt8kua7gd9y6sg2vlygmxutjwdymfqm5s2femc3n0dfmdunqp334n9";
    public const string OtherRecipient = "age1j4q4y402u3vxpf29nyj83g3etrawwckkhmlkhqw6p9j9pp3p5dkszrpgf4";
    public const string VerifyKey = "RWRbSGzr2rlYVrzcVxL9vchJL2wvOIz9WajyeVn/MEHAyu5qd2HuakPe";
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 15, 30, 0, TimeSpan.Zero);

    /// <summary>Every key of <c>verification.system</c>, on one line.</summary>
    public const string SystemChecks =
        """{ "schedule": "15 7 * * *", """
        + """ "database": { "owner": "bot_role", "tables": ["public.users"], """
        + """ "schema": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "growing": ["public.updates"], """
        + """ "sequences": [{ "name": "public.\"foliana-interlude_seq\"", "table": "public.foliana", "column": "serial_id" }], """
        + """ "notValid": ["mentions_messages_fk"], "newest": "45m", "connections": 44, "sessions": 5, "amcheck": "quick", """
        + """ "queries": [{ "name": "quotes-are-there", "sql": "select exists (select from quotes)" }] }, """
        + """ "environment": { "file": "/bot/.env", "owner": "1000", "required": ["BOT_TOKEN", "HOST|PGHOST"], """
        + """ "groups": [{ "names": ["AO3_USERNAME", "AO3_PASSWORD"] }], """
        + """ "values": [{ "name": "ENVIRONMENT", "oneOf": ["staging", "production"], "noneOf": ["test"] }], """
        + """ "json": ["CHANNEL_IDS"], "webhooks": ["WEBHOOK"] }, """
        + """ "login": { "url": "DATABASE_URL", "host": "HOST|PGHOST", "port": "PGPORT", "user": "DB_USER", "password": "DB_PASS", """
        + """ "database": "DATABASE", "writes": ["public.bot_metrics"], "creates": "public", "calls": ["public.refresh_views"] }, """
        + """ "certificates": [{ "file": "/bot/cert.pem", "key": "/bot/key.pem", "authority": "/bot/ca.pem", "validFor": "20d", """
        + """ "required": false }], "code": "/bot", """
        + """ "logs": { "paths": ["/bot/logs/*.log"], "never": ["Traceback"], "within": "2d", "writableBy": "1001" }, """
        + """ "process": { "command": "python main.py", "upFor": "2m" }, "webhook": true, "clock": "30s" }""";

    /// <summary>Every key once; the line numbers matter to tests.</summary>
    public const string Text = $$"""
        {
          "version": 1,
          "system": "twi-bot",
          "timeZone": "UTC",
          "database": {
            "mode": "physical",
            "connection": "host=db user=backup dbname=bot",
            "password": "env:DB_PASSWORD",
            "slot": "twibackup",
            "databases": ["bot"],
            "heartbeat": { "table": "public.messages", "column": "created_at", "interval": "1s" }
          },
          "stores": {
            "primary": "s3://bot-backups/bot?region=eu-central-1",
            "replica": "s3://bot-backups-replica/bot?region=eu-west-1",
            "lock": { "mode": "governance", "days": 365 }
          },
          "keys": {
            "recipients": ["{{Recipient}}"],
            "identity": "file:/keys/identity",
            "signingKey": "env:SIGNING_KEY",
            "trusted": ["{{VerifyKey}}"],
            "verifierKey": "env:VERIFIER_KEY",
            "trustedVerifiers": ["env:VERIFIERS"]
          },
          "backups": {
            "full": { "schedule": "0 2 * * *", "keep": "30d", "level": 3, "workers": 2 },
            "incremental": { "schedule": "0 * * * *", "keep": "7d", "flushInterval": "10s", "markInterval": "1m" },
            "dump": { "schedule": "30 2 * * *", "keep": "30d", "lockTimeout": "30s" },
            "configuration": { "schedule": "onChange", "keep": "90d", "paths": [{ "path": "/app/.env", "required": true }] },
            "repository": { "schedule": "0 4 * * 0", "keep": "1y", "source": "https://git.test/b.git", "tokenSecret": "env:GIT_TOKEN" },
            "logs": { "schedule": "0 5 * * 0", "keep": "90d", "paths": ["/app/logs/*.log.*"] }
          },
          "verification": { "schedule": "0 3 * * 0", "random": 1, "keep": "1y", "system": {{SystemChecks}} },
          "rehearsal": { "schedule": "0 6 1 1,4,7,10 *", "keep": "3y" },
          "recoveryWindow": "7d",
          "objectives": {
            "bot": { "rto": "1h" },
            "database": { "rpo": "1h", "rto": "2h" },
            "configuration": { "rpo": "24h" },
            "repository": { "rpo": "7d" },
            "system": { "rto": "4h" },
            "replica": { "rpo": "1h" }
          },
          "alerts": { "discord": "env:DISCORD", "ping": "file:/keys/ping", "repeat": "3h", "report": "https://ops.test/backups" },
          "recovery": {
            "place": "here",
            "provision": ["./provision", "--size", "large"],
            "start": ["pg_ctlcluster", "15", "main", "start"],
            "connection": "host=127.0.0.1 user=backup",
            "deploy": ["./deploy"],
            "route": ["./route", "here"],
            "environment": ["AWS_*", "PULUMI_ACCESS_TOKEN"],
            "dataDirectory": "/srv/data",
            "repository": "/srv/app",
            "configurationRoot": "/srv/root",
            "shares": {
              "assess": "5m", "notify": "2m", "provision": "13m", "repository": "6m", "configuration": "7m", "database": "40m",
              "deploy": "8m", "verify": "4m", "route": "3m", "report": "90s"
            }
          }
        }
        """;

    public static BackupPolicy Policy { get; } = Parse(Text);

    public static BackupPolicy Parse(string text) => PolicyFile.Parse(text, "twibackup.json");

    /// <summary>The sample with one piece replaced, which must be there exactly once.</summary>
    public static string With(string piece, string replacement)
    {
        Assert.Equal(2, Text.Split(piece).Length);
        return Text.Replace(piece, replacement, StringComparison.Ordinal);
    }

    public static Schedule Cron(string text, string zone = "UTC") => Schedule.Parse(text, TimeZoneInfo.FindSystemTimeZoneById(zone));

    /// <summary>The errors of a text that is no policy.</summary>
    public static IReadOnlyList<string> ErrorsOf(string text) => Assert.Throws<PolicyException>(() => Parse(text)).Errors;
}
