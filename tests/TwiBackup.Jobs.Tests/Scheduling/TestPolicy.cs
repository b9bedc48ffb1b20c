using TwiBackup.Policy;

namespace TwiBackup.Tests.Scheduling;

/// <summary>Policies of a system <c>twi</c>.</summary>
internal static class TestPolicy
{
    public const string Recipient = "age16h43lt8kua7gd9y6sg2vlygmxutjwdymfqm5s2femc3n0dfmdunqp334n9";
    public const string Connection = "host=db user=backup dbname=bot";

    private const string Backups =
        """
        { "full": { "schedule": "0 2 * * *", "keep": "30d" }, "incremental": { "schedule": "0 * * * *", "keep": "7d", "flushInterval": "10s" } }
        """;

    public static string Text(
        string alerts = "{}", string backups = Backups, string stores = "{ \"primary\": \"file:///nowhere\" }", string? keys = null, string connection = Connection,
        string extra = "") => $$"""
        {
          "version": 1,
          "system": "twi",
          "database": { "mode": "physical", "connection": "{{connection}}", "password": "env:DB_PASSWORD" },
          "stores": {{stores}},
          "keys": {{keys ?? $"{{ \"recipients\": [\"{Recipient}\"] }}"}},
          "backups": {{backups}},
          "recoveryWindow": "7d",
          "objectives": { "database": { "rpo": "1h", "rto": "2h" }, "system": { "rto": "4h" }, "repository": { "rpo": "7d" }, "replica": { "rpo": "1h" } },
          {{extra}}
          "alerts": {{alerts}}
        }
        """;

    public static BackupPolicy Parse(
        string alerts = "{}", string backups = Backups, string stores = "{ \"primary\": \"file:///nowhere\" }", string? keys = null, string connection = Connection,
        string extra = "") => PolicyFile.Parse(Text(alerts, backups, stores, keys, connection, extra), "/etc/twibackup.json");
}
