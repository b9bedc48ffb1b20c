namespace TwiBackup.Policy.Tests;

public sealed class PolicyRefusalTests
{
    [Theory]
    [InlineData("\"version\": 1,", "", "1: version: this is missing; add \"version\": 1.")]
    [InlineData(
        "\"version\": 1,", "\"version\": 2,",
        "2: version: this program reads version 1, not 2; use the program that the policy was written for.")]
    [InlineData("\"version\": 1,", "\"version\": \"1\",", "2: version: must be a number, not a text.")]
    [InlineData(
        "\"twi-bot\"", "\"Twi Bot\"",
        "3: system: \"Twi Bot\" cannot stand in the names of objects; write 1 to 63 lower-case letters, digits and '-', a letter first.")]
    [InlineData("\"system\": \"twi-bot\",", "", "1: system: this is missing; add the system's name, such as \"twi-bot\".")]
    [InlineData(
        "\"timeZone\": \"UTC\"", "\"timeZone\": \"Europe/Berln\"",
        "4: timeZone: \"Europe/Berln\" is no time zone of this machine; write an IANA name such as Europe/Berlin or UTC, and see that "
        + "tzdata is installed.")]
    [InlineData(
        "\"timeZone\": \"UTC\"", "\"timeZone\": \"../../etc/passwd\"",
        "4: timeZone: \"../../etc/passwd\" is no time zone of this machine; write an IANA name such as Europe/Berlin or UTC, and see that "
        + "tzdata is installed.")]
    [InlineData("\"physical\"", "\"phyiscal\"", "6: database.mode: \"phyiscal\" is not known; did you mean \"physical\"?")]
    [InlineData(
        "\"physical\"", "\"logical replication\"", "6: database.mode: \"logical replication\" is not known; write physical or dump.")]
    [InlineData(
        "\"host=db user=backup dbname=bot\"", "\"db\"",
        "7: database.connection: this is no libpq URI or keywords; write postgresql://user@host/database, host=… user=… dbname=…, "
        + "env:NAME or file:PATH.")]
    [InlineData(
        "\"slot\": \"twibackup\"", "\"slot\": \"Twi-Backup\"",
        "9: database.slot: \"Twi-Backup\" is no name of a slot; write 1 to 63 lower-case letters, digits and '_'.")]
    [InlineData("[\"bot\"]", "[\"bot\", 3]", "10: database.databases[1]: must be a text, not a number.")]
    [InlineData("[\"bot\"]", "\"bot\"", "10: database.databases: must be a list, not a text.")]
    [InlineData(
        "\"public.messages\"", "\"messages; drop table users\"",
        "11: database.heartbeat.table: \"messages; drop table users\" is no plain table name; write schema.table in lower-case letters, "
        + "digits and '_'.")]
    [InlineData("\"interval\": \"1s\"", "\"interval\": \"2h\"", "11: database.heartbeat.interval: 2h is out of range; write 100ms to 1h.")]
    [InlineData(
        "\"s3://bot-backups/bot?region=eu-central-1\"", "\"ftp://bot\"",
        "14: stores.primary: this is no store that is known; write s3://bucket/prefix, file:///folder or a folder's path.")]
    [InlineData(
        "\"s3://bot-backups/bot?region=eu-central-1\"", "\"s3://B_b/bot\"",
        "14: stores.primary: the bucket's name must be 3 to 63 lower-case letters, digits, '-' and '.'; write s3://bucket/prefix.")]
    [InlineData("\"days\": 365", "\"days\": 0", "16: stores.lock.days: 0 is out of range; write a whole number from 1 to 36500.")]
    [InlineData("\"days\": 365", "\"days\": 1.5", "16: stores.lock.days: 1.5 is out of range; write a whole number from 1 to 36500.")]
    [InlineData(
        Sample.Recipient, "age1abc",
        "19: keys.recipients[0]: this age recipient is damaged (its length or checksum is wrong); copy the whole age1… line again.")]
    [InlineData(
        Sample.VerifyKey, "RWabc", "22: keys.trusted[0]: this is no minisign public key; write the RW… line of the .pub file that "
        + "minisign -G makes, or a reference (env:NAME, file:PATH).")]
    [InlineData(
        "\"0 2 * * *\"", "\"0 2 * *\"",
        "27: backups.full.schedule: \"0 2 * *\" has 4 fields; write five: minute hour day-of-month month day-of-week, such as \"0 2 * * "
        + "*\".")]
    [InlineData(
        "\"0 2 * * *\"", "\"0 25 * * *\"",
        "27: backups.full.schedule: \"0 25 * * *\" is no cron expression; write five fields: minute (0-59) hour (0-23) day-of-month "
        + "(1-31) month (1-12) day-of-week (0-7).")]
    [InlineData(
        "\"0 2 * * *\"", "\"0 2 13 * 5\"",
        "27: backups.full.schedule: \"0 2 13 * 5\" restricts the day of the month and of the week, which schedulers read differently; "
        + "restrict one of them.")]
    [InlineData(
        "\"0 2 * * *\"", "\"onChange\"",
        "27: backups.full.schedule: \"onChange\" is for backups.configuration; write a cron expression such as \"0 2 * * *\".")]
    [InlineData(
        "\"keep\": \"7d\"", "\"keep\": \"a week\"",
        "28: backups.incremental.keep: \"a week\" is no duration; write a number and a unit, such as 90s, 10m, 1h, 30d or 1y, or ISO 8601 "
        + "such as PT1H30M.")]
    [InlineData("\"keep\": \"7d\"", "\"keep\": 7", "28: backups.incremental.keep: must be a text, not a number.")]
    [InlineData("\"keep\": \"7d\", ", "", "28: backups.incremental.keep: this is missing; add how long it is kept, such as \"30d\".")]
    [InlineData(
        "\"keep\": \"7d\"", "\"kep\": \"7d\", \"keep\": \"7d\"",
        "28: backups.incremental.kep: this key is not known; did you mean \"keep\"?")]
    [InlineData(
        "\"keep\": \"7d\"", "\"zzzzzzzzzz\": 1, \"keep\": \"7d\"",
        "28: backups.incremental.zzzzzzzzzz: this key is not known; known here: schedule, keep, flushInterval, markInterval.")]
    [InlineData(
        "\"keep\": \"7d\"", "\"keep\": \"7d\", \"keep\": \"8d\"",
        "28: backups.incremental.keep: this key stands here twice; take one out.")]
    [InlineData(
        "\"flushInterval\": \"10s\"", "\"flushInterval\": \"0s\"",
        "28: backups.incremental.flushInterval: 0s is out of range; write 100ms to 1h.")]
    [InlineData(
        "\"lockTimeout\": \"30s\"", "\"lockTimeout\": \"2h\"",
        "29: backups.dump.lockTimeout: 2h is out of range; write 1s to 1h.")]
    [InlineData(
        "\"onChange\"", "\"onChnage\"", "30: backups.configuration.schedule: \"onChnage\" is not known; did you mean \"onChange\"?")]
    [InlineData(
        "[{ \"path\": \"/app/.env\", \"required\": true }]", "[]",
        "30: backups.configuration.paths: there is nothing to back up; add { \"path\": \"/app/.env\" }.")]
    [InlineData(
        "[{ \"path\": \"/app/.env\", \"required\": true }]", "[\"/app/.env\"]",
        "30: backups.configuration.paths[0]: must be an object, not a text.|30: backups.configuration.paths: there is nothing to back up; "
        + "add { \"path\": \"/app/.env\" }.")]
    [InlineData(
        "\"required\": true", "\"required\": \"yes\"", "30: backups.configuration.paths[0].required: must be true or false, not a text.")]
    [InlineData(
        "\"https://git.test/b.git\"", "\"--upload-pack=touch /tmp/x\"",
        "31: backups.repository.source: git would take this for an option or a helper program; write an https, ssh or file URL, or a "
        + "folder.")]
    [InlineData(
        "\"https://git.test/b.git\"", "\"ext::sh -c date\"",
        "31: backups.repository.source: git would take this for an option or a helper program; write an https, ssh or file URL, or a "
        + "folder.")]
    [InlineData("\"recoveryWindow\": \"7d\"", "\"recoveryWindow\": null", "36: recoveryWindow: must be a text, not null.")]
    [InlineData(
        "\"recoveryWindow\": \"7d\"", "\"recoverywindow\": \"7d\"",
        "36: recoverywindow: this key is not known; did you mean \"recoveryWindow\"?")]
    [InlineData(
        "\"bot\": { \"rto\": \"1h\" }", "\"bot\": { \"rpo\": \"1h\" }",
        "38: objectives.bot.rto: this is missing; add how long it may take, such as \"2h\".|38: objectives.bot.rpo: this key is not "
        + "known; did you mean \"rto\"?")]
    [InlineData(
        "{ \"rpo\": \"24h\" }", "{ \"rpo\": \"-24h\" }",
        "40: objectives.configuration.rpo: \"-24h\" is no duration; write a number and a unit, such as 90s, 10m, 1h, 30d or 1y, or ISO "
        + "8601 such as PT1H30M.")]
    [InlineData("\"place\": \"here\"", "\"place\": \"heer\"", "47: recovery.place: \"heer\" is not known; did you mean \"here\"?")]
    [InlineData("[\"./deploy\"]", "\"./deploy\"", "51: recovery.deploy: must be a list, not a text.")]
    [InlineData(
        "[\"./deploy\"]", "[\"./deploy\", \"\"]",
        "51: recovery.deploy[1]: an argument is empty or has a control character in it; write it as the program is to get it, without a "
        + "shell.")]
    [InlineData(
        "\"PULUMI_ACCESS_TOKEN\"", "\"PULUMI_ACCESS_TOKEN=secret\"",
        "53: recovery.environment[1]: \"PULUMI_ACCESS_TOKEN=secret\" is no name of a variable; write a name such as AWS_PROFILE, or its "
        + "beginning such as AWS_*.")]
    [InlineData("\"verify\": \"4m\"", "\"verfy\": \"4m\"", "59: recovery.shares.verfy: this key is not known; did you mean \"verify\"?")]
    public void Each_mistake_is_one_line_with_file_line_path_and_what_to_do(string piece, string replacement, string errors) =>
        Assert.Equal(errors.Split('|').Select(error => $"twibackup.json:{error}"), Sample.ErrorsOf(Sample.With(piece, replacement)));

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_files_order()
    {
        var text = Sample.With("\"0 2 * * *\"", "\"daily\"")
            .Replace("\"twi-bot\"", "\"TWI\"", StringComparison.Ordinal)
            .Replace("\"rto\": \"4h\"", "\"rot\": \"4h\"", StringComparison.Ordinal);
        Assert.Equal(
            ["3: system", "27: backups.full.schedule", "42: objectives.system.rto", "42: objectives.system.rot"],
            Sample.ErrorsOf(text).Select(error => string.Join(": ", error["twibackup.json:".Length..].Split(": ")[..2])));
        var refusal = Assert.Throws<PolicyException>(() => Sample.Parse(text));
        Assert.Equal(ExitCode.WrongUse, refusal.ExitCode);
        Assert.Equal(4, refusal.Message.Split('\n').Length);
    }

    [Fact]
    public void An_empty_object_names_everything_that_is_missing() =>
        Assert.Equal(
            ["backups", "database", "keys", "objectives", "stores", "system", "version"],
            Sample.ErrorsOf("{}").Select(error => error.Split(": ")[1]).Order());

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("{\n  \"version\": 1\n  \"system\": 1\n}", 3, 3)]
    [InlineData("{ \"version\": 1", 1, 15)]
    [InlineData("{} {}", 1, 4)]
    [InlineData("{ 'version': 1 }", 1, 3)]
    public void What_is_no_JSON_is_told_with_its_place(string text, int line, int column) =>
        Assert.Equal(
            $"twibackup.json:{line}: this is no valid JSON (column {column}); "
            + "look here and just before for a missing comma, quote or bracket.",
            Assert.Single(Sample.ErrorsOf(text)));

    [Theory]
    [InlineData("[]", "twibackup.json:1: a policy is an object, { … }, not a list.")]
    [InlineData("3", "twibackup.json:1: a policy is an object, { … }, not a number.")]
    [InlineData("{\"system\": \"\\ud800\"}", "twibackup.json:1: a text in it is no valid Unicode; save the file as UTF-8.")]
    public void What_is_no_object_is_refused(string text, string error) => Assert.Equal([error], Sample.ErrorsOf(text));

    [Fact]
    public void Whatever_is_cut_from_or_flipped_in_a_policy_every_refusal_stays_one_line_each()
    {
        var random = new Random(7);
        var refused = 0;
        for (var i = 0; i < 4000; i++)
        {
            var start = random.Next(Sample.Text.Length);
            var length = Math.Min(random.Next(1, 30), Sample.Text.Length - start);
            var piece = i % 2 == 0 ? "" : new string([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => (char)random.Next(1, 300))]);
            try
            {
                Sample.Parse(Sample.Text[..start] + piece + Sample.Text[(start + length)..]);
            }
            catch (PolicyException e)
            {
                refused++;
                Assert.All(e.Errors, error => Assert.StartsWith("twibackup.json:", error, StringComparison.Ordinal));
                Assert.All(e.Errors, error => Assert.DoesNotContain(error, char.IsControl));
            }
        }

        Assert.InRange(refused, 2000, 4000);
    }
}
