using System.Text.Json;
using System.Text.RegularExpressions;

namespace TwiBackup.Policy.Json;

/// <summary>Reads the root of a policy, and the sections that are not backups.</summary>
internal static partial class PolicyReader
{
    private const int Version = 1;
    private const string ConnectionToAdd =
        "a libpq URI or keywords, such as \"host=db user=backup dbname=bot\", or a reference (env:NAME, file:PATH)";
    private const string ModeToAdd = "\"physical\" (base backups and WAL) or \"dump\" (for servers without physical replication)";
    private const string ObjectivesToAdd =
        "what must hold: { \"database\": { \"rpo\": \"1h\", \"rto\": \"2h\" }, \"system\": { \"rto\": \"4h\" } }";
    private static readonly string[] Modes = ["physical", "dump"];
    private static readonly string[] LockModes = ["governance", "compliance"];

    /// <summary>Reads a policy. When there are errors, what comes back is to be thrown away.</summary>
    public static BackupPolicy Read(JsonValue tree, SectionContext context)
    {
        if (tree.Kind != JsonValueKind.Object)
        {
            context.Errors.Add(tree.Line, "", $"a policy is an object, {{ … }}, not {tree.KindName}");
            context.Errors.ThrowIfAny();
        }

        var root = new Section(tree, "", context);
        _ = root.Text("$schema");
        if (root.Number("version", 1, int.MaxValue) is var version && version is not null and not Version)
            root.Wrong("version", $"this program reads version {Version}, not {version}; use the program that the policy was written for");
        var zone = ReadZone(root);
        var policy = new BackupPolicy
        {
            Version = Version,
            System = ReadName(root),
            TimeZone = zone,
            Database = ReadDatabase(root.Child("database", "what is protected: { \"connection\": … }"), context),
            Stores = ReadStores(root.Child("stores", "where backups go: { \"primary\": … }"), context),
            Keys = ReadKeys(root.Child("keys", "who can open backups: { \"recipients\": [ … ] }"), context),
            Backups = BackupsReader.Read(root.Child("backups", "what is taken: { \"full\": … }"), zone, context),
            Verification = ReadVerification(root.Child("verification"), zone, context),
            Rehearsal = ReadRehearsal(root.Child("rehearsal"), zone),
            RecoveryWindow = root.Duration("recoveryWindow") ?? TimeSpan.FromDays(7),
            Objectives = ReadObjectives(root.Child("objectives", ObjectivesToAdd)),
            Alerts = ReadAlerts(root.Child("alerts"), context.Folder),
            Recovery = RecoveryReader.Read(root.Child("recovery"), context.Folder),
        };
        if (!root.Has("version"))
            root.Wrong("version", "this is missing; add \"version\": 1");
        root.Close();
        return policy;
    }

    /// <summary>Every key that the reader knows, by section, as in <c>backups.full</c>; the root is the empty text.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Keys()
    {
        var context = new SectionContext(new PolicyErrors(""), "/");
        var keys = context.Explore();
        _ = Read(new JsonValue(JsonValueKind.Object, "", 1, [], []), context);
        return keys;
    }

    private static string ReadName(Section root)
    {
        var name = root.Text("system", "the system's name, such as \"twi-bot\"") ?? "-";
        if (name != "-" && !SystemName().IsMatch(name))
            root.Wrong("system", $"\"{Words.Shown(name)}\" cannot stand in the names of objects; write 1 to 63 lower-case letters, digits "
                + "and '-', a letter first");
        return name;
    }

    private static TimeZoneInfo ReadZone(Section root)
    {
        if (root.Text("timeZone") is not { } name)
            return TimeZoneInfo.Utc;
        if (ZoneName().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
            return zone;
        root.Wrong("timeZone", $"\"{Words.Shown(name)}\" is no time zone of this machine; write an IANA name such as Europe/Berlin or "
            + "UTC, and see that tzdata is installed");
        return TimeZoneInfo.Utc;
    }

    private static DatabasePolicy ReadDatabase(Section? section, SectionContext context)
    {
        if (section is null)
            return new DatabasePolicy { Connection = new ConnectionText("") };
        var databases = section.Texts("databases").Select(item => item.Text).ToList();
        if (databases.FirstOrDefault(name => name.Length is 0 or > 63 || name.Any(char.IsControl)) is not null)
            section.Wrong("databases", "a database's name has 1 to 63 characters; write the names as psql -l shows them");
        var policy = new DatabasePolicy
        {
            Mode = section.Choice("mode", Modes, ModeToAdd) == "dump" ? DatabaseMode.Dump : DatabaseMode.Physical,
            Connection = ReadConnection(section, context.Folder, ConnectionToAdd)!,
            Password = section.Secret("password", context.Folder),
            Slot = section.Text("slot") ?? DatabasePolicy.DefaultSlot,
            Databases = databases,
            Heartbeat = ReadHeartbeat(section.Child("heartbeat")),
        };
        if (!SlotName().IsMatch(policy.Slot))
            section.Wrong("slot", $"\"{Words.Shown(policy.Slot)}\" is no name of a slot; write 1 to 63 lower-case letters, digits and '_'");
        section.Close();
        return policy;
    }

    /// <summary>The key <c>connection</c> of a section, which must be there where <paramref name="whatToAdd"/> says what to write.</summary>
    internal static ConnectionText? ReadConnection(Section section, string folder, string? whatToAdd)
    {
        if (section.Text("connection", whatToAdd) is not { } text)
            return whatToAdd is null ? null : new ConnectionText("");
        if (SecretReference.TryParse(text, folder, out var reference))
            return new ConnectionText(reference);
        if (SecretForm.HasPassword(text))
            section.Wrong("connection", "there is a password in it; take it out, name it in database.password as env:NAME or file:PATH, "
                + "and change it, as it was written down");
        else if (!SecretForm.IsConnection(text))
            section.Wrong("connection", "this is no libpq URI or keywords; write postgresql://user@host/database, host=… user=… dbname=…, "
                + "env:NAME or file:PATH");
        return new ConnectionText(text);
    }

    private static HeartbeatPolicy? ReadHeartbeat(Section? section)
    {
        if (section is null)
            return null;
        var interval = section.Duration("interval", null, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        var policy = new HeartbeatPolicy { Interval = interval };
        policy = policy with { Table = section.Text("table") ?? policy.Table, Column = section.Text("column") ?? policy.Column };
        if (!Identifier().IsMatch(policy.Table))
            section.Wrong("table",
                $"\"{Words.Shown(policy.Table)}\" is no plain table name; write schema.table in lower-case letters, digits and '_'");
        if (!Identifier().IsMatch(policy.Column) || policy.Column.Contains('.', StringComparison.Ordinal))
            section.Wrong("column", $"\"{Words.Shown(policy.Column)}\" is no plain column name; write lower-case letters, digits and '_'");
        section.Close();
        return policy;
    }

    private static StoresPolicy ReadStores(Section? section, SectionContext context)
    {
        if (section is null)
            return new StoresPolicy { Primary = "" };
        var policy = new StoresPolicy
        {
            Primary = ReadStore(section, "primary", "the store's URL: s3://bucket/prefix or file:///folder", context.Folder) ?? "",
            Replica = ReadStore(section, "replica", null, context.Folder),
            Lock = ReadLock(section.Child("lock")),
        };
        section.Close();
        return policy;
    }

    private static string? ReadStore(Section section, string name, string? whatToAdd, string folder)
    {
        if (section.Text(name, whatToAdd) is not { } text)
            return null;
        if (!StoreUrl.TryNormalise(text, folder, out var url, out var problem))
            section.Wrong(name, problem);
        return url;
    }

    private static LockPolicy? ReadLock(Section? section)
    {
        if (section is null)
            return null;
        var mode = section.Choice("mode", LockModes, "\"governance\" or \"compliance\"");
        var policy = new LockPolicy
        {
            Mode = mode == "compliance" ? LockMode.Compliance : LockMode.Governance,
            Days = section.Number("days", 1, 36500),
        };
        section.Close();
        return policy;
    }

    private static KeysPolicy ReadKeys(Section? section, SectionContext context)
    {
        if (section is null)
            return new KeysPolicy { Recipients = [] };
        var policy = new KeysPolicy
        {
            Recipients = section.PublicKeys("recipients", PublicKeyKind.AgeRecipient, context.Folder),
            Identity = section.Secret("identity", context.Folder),
            SigningKey = section.Secret("signingKey", context.Folder),
            Trusted = section.PublicKeys("trusted", PublicKeyKind.Minisign, context.Folder),
            VerifierKey = section.Secret("verifierKey", context.Folder),
            TrustedVerifiers = section.PublicKeys("trustedVerifiers", PublicKeyKind.Minisign, context.Folder),
        };
        section.Close();
        return policy;
    }

    private static VerificationPolicy? ReadVerification(Section? section, TimeZoneInfo zone, SectionContext context)
    {
        if (section is null)
            return null;
        var policy = new VerificationPolicy
        {
            Schedule = section.Cron("schedule", zone),
            Random = section.Number("random", 0, 10) ?? 0,
            Keep = section.Duration("keep") ?? VerificationPolicy.DefaultKeep,
            System = SystemReader.Read(section.Child("system"), zone, context),
        };
        section.Close();
        return policy;
    }

    private static RehearsalPolicy? ReadRehearsal(Section? section, TimeZoneInfo zone)
    {
        if (section is null)
            return null;
        var policy = new RehearsalPolicy
        {
            Schedule = section.Cron("schedule", zone),
            Keep = section.Duration("keep") ?? RehearsalPolicy.DefaultKeep,
        };
        section.Close();
        return policy;
    }

    private static ObjectivesPolicy ReadObjectives(Section? section)
    {
        if (section is null)
            return new ObjectivesPolicy { Database = new(), System = new() };
        var policy = new ObjectivesPolicy
        {
            Bot = ReadObjective(section, "bot", rpo: false, rto: true),
            Database = ReadObjective(section, "database", rpo: true, rto: true, demanded: true),
            Configuration = ReadObjective(section, "configuration", rpo: true, rto: false),
            Repository = ReadObjective(section, "repository", rpo: true, rto: false),
            System = ReadObjective(section, "system", rpo: false, rto: true, demanded: true),
            Replica = ReadObjective(section, "replica", rpo: true, rto: false),
        };
        section.Close();
        return policy;
    }

    private static Objective ReadObjective(Section objectives, string name, bool rpo, bool rto, bool demanded = false)
    {
        var section = objectives.Child(name, demanded ? $"{{ {(rpo ? "\"rpo\": \"1h\", " : "")}\"rto\": \"2h\" }}" : null);
        if (section is null)
            return new();
        var least = TimeSpan.FromMilliseconds(1);
        var objective = new Objective(
            rpo ? section.Duration("rpo", "what may be lost, such as \"1h\"", least) : null,
            rto ? section.Duration("rto", "how long it may take, such as \"2h\"", least) : null);
        section.Close();
        return objective;
    }

    private static AlertsPolicy ReadAlerts(Section? section, string folder)
    {
        if (section is null)
            return new();
        var policy = new AlertsPolicy
        {
            Discord = section.Secret("discord", folder),
            Ping = section.Secret("ping", folder),
            Repeat = section.Duration("repeat", null, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)) ?? AlertsPolicy.DefaultRepeat,
            Report = section.Text("report"),
        };
        if (policy.Report is { } report
            && !(Uri.TryCreate(report, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0))
            section.Wrong("report", "this is no URL that a person can open; write https://host/page without a password");
        section.Close();
        return policy;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}$")]
    private static partial Regex SystemName();

    [GeneratedRegex("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$")]
    private static partial Regex ZoneName();

    [GeneratedRegex("^[a-z0-9_]{1,63}$")]
    private static partial Regex SlotName();

    [GeneratedRegex(@"^([a-z_][a-z0-9_]{0,62}\.)?[a-z_][a-z0-9_]{0,62}$")]
    private static partial Regex Identifier();
}
