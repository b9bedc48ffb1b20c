using System.Text.RegularExpressions;
using TwiBackup.Policy.SystemChecks;

namespace TwiBackup.Policy.Json;

/// <summary>Reads the section <c>verification.system</c>.</summary>
internal static partial class SystemReader
{
    private const string TableForm = "write schema.table as in SQL, names with capitals or '-' in double quotes";
    private const string VariableForm = "write names of variables, alternatives with '|' between them";
    private static readonly string[] Depths = ["quick", "full"];
    private static readonly TimeSpan ShortestAge = TimeSpan.FromSeconds(1);

    public static SystemPolicy? Read(Section? section, TimeZoneInfo zone, SectionContext context)
    {
        if (section is null)
            return null;
        var policy = new SystemPolicy
        {
            Schedule = section.Has("schedule") ? section.Cron("schedule", zone) : null,
            Database = ReadDatabase(section.Child("database")),
            Environment = ReadEnvironment(section.Child("environment"), context.Folder),
            Login = ReadLogin(section.Child("login")),
            Certificates =
            [
                .. section.Children("certificates", whatToAdd: null).Select(one => ReadCertificate(one, context.Folder)),
            ],
            Code = section.File("code", context.Folder),
            Logs = ReadLogs(section.Child("logs"), context.Folder),
            Process = ReadProcess(section.Child("process")),
            Webhook = section.Flag("webhook", otherwise: false),
            Clock = section.Duration("clock", null, ShortestAge, SystemPolicy.DefaultClock) ?? SystemPolicy.DefaultClock,
        };
        if (policy is { Login: not null, Environment: null })
            section.Wrong("login", "it names variables of a file, and environment.file, which says of which, is missing; add it");
        section.Close();
        return policy;
    }

    private static SystemDatabasePolicy? ReadDatabase(Section? section)
    {
        if (section is null)
            return null;
        var policy = new SystemDatabasePolicy
        {
            Owner = section.Text("owner"),
            Tables = section.Matching("tables", QualifiedName(), TableForm),
            Schema = section.Text("schema"),
            Growing = section.Matching("growing", QualifiedName(), TableForm),
            Sequences = [.. section.Children("sequences", whatToAdd: null).Select(ReadSequence)],
            NotValid = section.Has("notValid") ? section.Matching("notValid", AnyName(), "write the constraint's name") : null,
            Newest = section.Duration("newest", null, ShortestAge),
            Connections = section.Number("connections", 1, 100_000),
            Sessions = section.Number("sessions", 1, 100_000),
            Amcheck = section.Choice("amcheck", Depths) switch
            {
                "quick" => AmcheckDepth.Quick,
                "full" => AmcheckDepth.Full,
                _ => AmcheckDepth.None,
            },
            Queries = [.. section.Children("queries", whatToAdd: null).Select(ReadQuery)],
        };
        if (policy.Schema is { } schema && !Fingerprint().IsMatch(schema))
            section.Wrong("schema", "this is no fingerprint; write the 64 digits that twibackup verify system --only database/schema prints");
        if (policy.Queries.Select(query => query.Name).Distinct(StringComparer.Ordinal).Count() < policy.Queries.Count)
            section.Wrong("queries", "two have the same name; rename one");
        section.Close();
        return policy;
    }

    private static SequenceColumn ReadSequence(Section section)
    {
        var sequence = new SequenceColumn(
            Named("name", "the sequence, with its schema", QualifiedName(), TableForm),
            Named("table", "the table, with its schema", QualifiedName(), TableForm),
            Named("column", "the column that takes its values", PlainName(), "write the column as in SQL"));
        section.Close();
        return sequence;

        string Named(string key, string whatToAdd, Regex form, string whatToWrite)
        {
            var text = section.Text(key, whatToAdd) ?? "";
            if (text.Length > 0 && !form.IsMatch(text))
                section.Wrong(key, $"\"{Words.Shown(text)}\" is no such name; {whatToWrite}");
            return text;
        }
    }

    private static SystemQuery ReadQuery(Section section)
    {
        var query = new SystemQuery(
            section.Text("name", "a name such as \"quotes-can-be-searched\"") ?? "",
            section.Text("sql", "a query with one boolean, such as \"select exists (select from quotes)\"") ?? "");
        if (query.Name.Length > 0 && !CheckName().IsMatch(query.Name))
            section.Wrong("name", $"\"{Words.Shown(query.Name)}\" is no name of a check; write lower-case words with '-' between them");
        section.Close();
        return query;
    }

    private static EnvironmentPolicy? ReadEnvironment(Section? section, string folder)
    {
        if (section is null)
            return null;
        var policy = new EnvironmentPolicy
        {
            File = section.File("file", folder, "the application's file of variables, such as \"/app/.env\"") ?? "",
            Owner = section.Text("owner"),
            Required = section.Matching("required", Variables(), VariableForm),
            Groups = [.. section.Children("groups", whatToAdd: null).Select(ReadGroup)],
            Values = [.. section.Children("values", whatToAdd: null).Select(ReadRule)],
            Json = section.Matching("json", Variable(), VariableForm),
            Webhooks = section.Matching("webhooks", Variable(), VariableForm),
        };
        section.Close();
        return policy;
    }

    private static IReadOnlyList<string> ReadGroup(Section section)
    {
        var names = section.Matching("names", Variable(), VariableForm, "the variables that belong together");
        if (section.Has("names") && names.Count < 2)
            section.Wrong("names", "a group has two variables or more; write them, or take the group out");
        section.Close();
        return names;
    }

    private static VariableRule ReadRule(Section section)
    {
        var rule = new VariableRule(
            section.Text("name", "the variable") ?? "",
            [.. section.Texts("oneOf").Select(item => item.Text)],
            [.. section.Texts("noneOf").Select(item => item.Text)]);
        if (rule.Name.Length > 0 && !Variable().IsMatch(rule.Name))
            section.Wrong("name", $"\"{Words.Shown(rule.Name)}\" is no name of a variable; write letters, digits and '_'");
        if (rule is { OneOf.Count: 0, NoneOf.Count: 0 })
            section.Wrong("name", "nothing is said of it; add oneOf or noneOf, a list of values");
        section.Close();
        return rule;
    }

    private static LoginPolicy? ReadLogin(Section? section)
    {
        if (section is null)
            return null;
        var policy = new LoginPolicy
        {
            Url = Named("url"),
            Host = Named("host"),
            Port = Named("port"),
            User = Named("user"),
            Password = Named("password"),
            Database = Named("database"),
            Writes = section.Matching("writes", QualifiedName(), TableForm),
            Creates = section.Text("creates"),
            Calls = section.Matching("calls", QualifiedName(), "write schema.function as in SQL, without parentheses"),
        };
        if (policy.Creates is { } schema && !PlainName().IsMatch(schema))
            section.Wrong("creates", $"\"{Words.Shown(schema)}\" is no name of a schema; write it as in SQL");
        if (policy.Url is null && (policy.Host is null || policy.User is null || policy.Database is null))
            section.Wrong("url", "nothing says where the application logs in; add url, or host, user, password and database");
        section.Close();
        return policy;

        string? Named(string key)
        {
            var names = section.Text(key);
            if (names is not null && !Variables().IsMatch(names))
                section.Wrong(key, $"\"{Words.Shown(names)}\" is no name of a variable; {VariableForm}");
            return names;
        }
    }

    private static CertificatePolicy ReadCertificate(Section section, string folder)
    {
        var policy = new CertificatePolicy
        {
            File = section.File("file", folder, "the certificate's file, in PEM") ?? "",
            Key = section.File("key", folder),
            Authority = section.File("authority", folder),
            ValidFor = section.Duration("validFor") ?? CertificatePolicy.DefaultValidFor,
            Required = section.Flag("required", otherwise: true),
        };
        section.Close();
        return policy;
    }

    private static LogProbePolicy? ReadLogs(Section? section, string folder)
    {
        if (section is null)
            return null;
        var policy = new LogProbePolicy
        {
            Paths =
            [
                .. section.Texts("paths", "the log's files: [ \"/app/logs/*.log\" ]")
                    .Select(item => Path.GetFullPath(section.Plain("paths", item.Text), folder)),
            ],
            Never = [.. section.Texts("never").Select(item => item.Text).Where(text => text.Length > 0)],
            Within = section.Duration("within", null, ShortestAge) ?? LogProbePolicy.DefaultWithin,
            WritableBy = section.Text("writableBy"),
        };
        if (section.Has("paths") && policy.Paths.Count == 0)
            section.Wrong("paths", "there is nothing to look at; add a path such as \"/app/logs/*.log\"");
        section.Close();
        return policy;
    }

    private static ProcessPolicy? ReadProcess(Section? section)
    {
        if (section is null)
            return null;
        var policy = new ProcessPolicy
        {
            Command = section.Text("command", "a part of its command line, such as \"python main.py\"") ?? "",
            UpFor = section.Duration("upFor") ?? ProcessPolicy.DefaultUpFor,
        };
        section.Close();
        return policy;
    }

    [GeneratedRegex("""^("[^"\p{Cc}]{1,63}"|[a-z_][a-z0-9_]{0,62})\.("[^"\p{Cc}]{1,63}"|[a-z_][a-z0-9_]{0,62})\z""")]
    private static partial Regex QualifiedName();

    [GeneratedRegex("""^("[^"\p{Cc}]{1,63}"|[a-z_][a-z0-9_]{0,62})\z""")]
    private static partial Regex PlainName();

    [GeneratedRegex(@"^[^\p{Cc}]{1,63}\z")]
    private static partial Regex AnyName();

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex CheckName();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Fingerprint();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*(\|[A-Za-z_][A-Za-z0-9_]*)*\z")]
    private static partial Regex Variables();
}
