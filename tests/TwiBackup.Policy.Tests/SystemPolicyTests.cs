using TwiBackup.Policy.SystemChecks;

namespace TwiBackup.Policy.Tests;

/// <summary>The section <c>verification.system</c>.</summary>
public sealed class SystemPolicyTests
{
    private static SystemPolicy System => Sample.Policy.Verification!.System!;

    [Fact]
    public void Every_value_of_the_database_arrives()
    {
        var database = System.Database!;
        Assert.Equal("15 7 * * *", System.Schedule!.Text);
        Assert.Equal(
            ("bot_role", string.Concat(Enumerable.Repeat("0123456789abcdef", 4)), TimeSpan.FromMinutes(45)),
            (database.Owner, database.Schema, database.Newest));
        Assert.Equal((44, 5, AmcheckDepth.Quick), (database.Connections, database.Sessions, database.Amcheck));
        Assert.Equal(["public.users"], database.Tables);
        Assert.Equal(["public.updates"], database.Growing);
        Assert.Equal([new SequenceColumn("public.\"foliana-interlude_seq\"", "public.foliana", "serial_id")], database.Sequences);
        Assert.Equal(["mentions_messages_fk"], database.NotValid!);
        Assert.Equal([new SystemQuery("quotes-are-there", "select exists (select from quotes)")], database.Queries);
    }

    [Fact]
    public void Every_value_of_the_rest_arrives()
    {
        var environment = System.Environment!;
        Assert.Equal(("/bot/.env", "1000"), (environment.File, environment.Owner));
        Assert.Equal(["BOT_TOKEN", "HOST|PGHOST"], environment.Required);
        Assert.Equal(["AO3_USERNAME", "AO3_PASSWORD"], Assert.Single(environment.Groups));
        var rule = Assert.Single(environment.Values);
        Assert.Equal("ENVIRONMENT", rule.Name);
        Assert.Equal(["staging", "production"], rule.OneOf);
        Assert.Equal(["test"], rule.NoneOf);
        Assert.Equal(["CHANNEL_IDS"], environment.Json);
        Assert.Equal(["WEBHOOK"], environment.Webhooks);

        var login = System.Login!;
        Assert.Equal(
            ("DATABASE_URL", "HOST|PGHOST", "PGPORT", "DB_USER", "DB_PASS", "DATABASE", "public"),
            (login.Url, login.Host, login.Port, login.User, login.Password, login.Database, login.Creates));
        Assert.Equal(["public.bot_metrics"], login.Writes);
        Assert.Equal(["public.refresh_views"], login.Calls);

        Assert.Equal(
            new CertificatePolicy
            {
                File = "/bot/cert.pem", Key = "/bot/key.pem", Authority = "/bot/ca.pem", ValidFor = TimeSpan.FromDays(20), Required = false,
            },
            Assert.Single(System.Certificates));
        Assert.Equal(("/bot", true, TimeSpan.FromSeconds(30)), (System.Code, System.Webhook, System.Clock));
        Assert.Equal(["/bot/logs/*.log"], System.Logs!.Paths);
        Assert.Equal(["Traceback"], System.Logs.Never);
        Assert.Equal((TimeSpan.FromDays(2), "1001"), (System.Logs.Within, System.Logs.WritableBy));
        Assert.Equal(new ProcessPolicy { Command = "python main.py", UpFor = TimeSpan.FromMinutes(2) }, System.Process);
    }

    [Fact]
    public void An_empty_section_asks_only_what_needs_no_configuration()
    {
        var system = Sample.Parse(Sample.With(Sample.SystemChecks, "{}")).Verification!.System!;
        Assert.Equal(new SystemPolicy { Certificates = system.Certificates }, system);
        Assert.Empty(system.Certificates);
        Assert.Null(Sample.Parse(Sample.With($", \"system\": {Sample.SystemChecks}", "")).Verification!.System);
    }

    [Theory]
    [InlineData("[\"public.users\"]", "[\"users\"]", "database.tables[0]: \"users\" is no such name; write schema.table as in SQL, names with capitals or '-' in double quotes.")]
    [InlineData("[\"public.updates\"]", "[\"public.x; drop table users\"]", "database.growing[0]: \"public.x; drop table users\" is no such name; write schema.table as in SQL, names with capitals or '-' in double quotes.")]
    [InlineData("\"column\": \"serial_id\"", "\"column\": \"id) from x --\"", "database.sequences[0].column: \"id) from x --\" is no such name; write the column as in SQL.")]
    [InlineData("[\"public.refresh_views\"]", "[\"public.refresh_views()\"]", "login.calls[0]: \"public.refresh_views()\" is no such name; write schema.function as in SQL, without parentheses.")]
    [InlineData("\"creates\": \"public\"", "\"creates\": \"public.x\"", "login.creates: \"public.x\" is no name of a schema; write it as in SQL.")]
    [InlineData("\"amcheck\": \"quick\"", "\"amcheck\": \"fast\"", "database.amcheck: \"fast\" is not known; write quick or full.")]
    [InlineData("\"name\": \"quotes-are-there\"", "\"name\": \"Quotes!\"", "database.queries[0].name: \"Quotes!\" is no name of a check; write lower-case words with '-' between them.")]
    [InlineData("\"HOST|PGHOST\"]", "\"HOST or PGHOST\"]", "environment.required[1]: \"HOST or PGHOST\" is no such name; write names of variables, alternatives with '|' between them.")]
    [InlineData("[\"AO3_USERNAME\", \"AO3_PASSWORD\"]", "[\"AO3_USERNAME\"]", "environment.groups[0].names: a group has two variables or more; write them, or take the group out.")]
    [InlineData(", \"oneOf\": [\"staging\", \"production\"], \"noneOf\": [\"test\"]", "", "environment.values[0].name: nothing is said of it; add oneOf or noneOf, a list of values.")]
    [InlineData("\"file\": \"/bot/.env\", ", "", "environment.file: this is missing; add the application's file of variables, such as \"/app/.env\".")]
    [InlineData("\"clock\": \"30s\"", "\"clock\": \"1h\"", "clock: 1h is out of range; write 1s to 5m.")]
    [InlineData("[\"/bot/logs/*.log\"]", "[]", "logs.paths: there is nothing to look at; add a path such as \"/app/logs/*.log\".")]
    [InlineData("\"webhook\": true", "\"webhook\": \"https://discord.test/x\"", "webhook: must be true or false, not a text.")]
    public void Each_mistake_is_one_line_with_its_path(string piece, string replacement, string error) =>
        Assert.Equal([$"twibackup.json:34: verification.system.{error}"], Sample.ErrorsOf(Sample.With(piece, replacement)));

    [Fact]
    public void A_login_without_the_file_of_its_variables_is_refused()
    {
        var text = Sample.With(Sample.SystemChecks, """{ "login": { "url": "DATABASE_URL" } }""");
        Assert.Equal(
            ["twibackup.json:34: verification.system.login: it names variables of a file, and environment.file, which says of which, is missing; add it."],
            Sample.ErrorsOf(text));
    }

    [Fact]
    public void A_schedule_that_never_fires_is_found()
    {
        var policy = Sample.Parse(Sample.With("15 7 * * *", "15 7 30 2 *"));
        Assert.Contains(PolicyCheck.Check(policy, Sample.Now), finding => finding.Path == "verification.system.schedule");
    }
}
