using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Policy.SystemChecks;
using TwiBackup.Progress;

namespace TwiBackup.Verification.Live;

/// <summary>All checks of the running system, what the guide calls <c>verify_system.sh</c>. Owns the connections that they ask through.</summary>
public sealed class SystemChecks : IAsyncDisposable
{
    private readonly List<IDisposable> owned = [];
    private readonly List<IAsyncDisposable> ownedAsync = [];
    private readonly List<SystemCheck> checks = [];

    private SystemChecks(SystemCheckContext context, SystemPolicy policy)
    {
        var sets = new NewestSets(context.Catalog, context.Clock);
        AddDatabase(context, policy, sets);
        var environment = policy.Environment is { } file ? new EnvironmentChecks(file) : null;
        checks.AddRange(environment?.All() ?? [SystemCheck.NotConfigured("environment/file", "verification.system.environment")]);
        if (policy.Login is { } login && environment is not null)
            checks.AddRange(Own(new LoginChecks(login, environment)).All());
        else
            checks.Add(SystemCheck.NotConfigured("login/connect", "verification.system.login"));
        checks.AddRange(context.Policy.Backups.Configuration is { } configuration
            ? new ConfigurationChecks(configuration, sets, context.HashKey).All()
            : [SystemCheck.NotConfigured("configuration/as-backed-up", "backups.configuration")]);
        checks.AddRange(new CertificateChecks(policy.Certificates, context.Clock).All());
        checks.AddRange(policy.Code is { } folder
            ? Own(new CodeChecks(folder, context.Policy.Objectives.Repository.Rpo, sets, context.Clock)).All()
            : [SystemCheck.NotConfigured("code/head", "verification.system.code")]);
        checks.AddRange(policy.Logs is { } logs
            ? new LogChecks(logs, context.Clock).All()
            : [SystemCheck.NotConfigured("logs/quiet", "verification.system.logs")]);
        checks.AddRange(policy.Process is { } process
            ? new ProcessChecks(process).All()
            : [SystemCheck.NotConfigured("process/up", "verification.system.process")]);
        checks.AddRange(Own(new WebhookChecks(
            policy.Webhook ? context.Policy.Alerts.Discord : null, policy.Environment?.Webhooks ?? [], environment, context.Environment)).All());
        checks.Add(new SystemCheck("clock/store", cancellationToken => CompareClocksAsync(context, policy.Clock, cancellationToken)));
    }

    /// <summary>In the order in which they are asked.</summary>
    public IReadOnlyList<SystemCheck> All => checks;

    /// <summary>Makes the checks that a policy asks for; nothing is connected yet.</summary>
    /// <exception cref="TwiBackupException">The policy asks for none; wrong use.</exception>
    public static SystemChecks Of(SystemCheckContext context) => new(
        context,
        context.Policy.Verification?.System ?? throw new TwiBackupException(
            ExitCode.WrongUse,
            $"The policy of {context.Policy.System} does not say what to ask of the running system. Give it the section verification.system (twibackup policy schema)."));

    public async ValueTask DisposeAsync()
    {
        foreach (var one in ownedAsync)
            await one.DisposeAsync();
        foreach (var one in owned)
            one.Dispose();
    }

    private void AddDatabase(SystemCheckContext context, SystemPolicy policy, NewestSets sets)
    {
        if (policy.Database is not { } database)
        {
            checks.Add(SystemCheck.NotConfigured("database/connection", "verification.system.database"));
            return;
        }

        var connection = Own(new LiveDatabase(() => context.Policy.Database.Databases is [var only]
            ? context.Connection() with { Database = only }
            : context.Connection()));
        checks.AddRange(new LiveDatabaseChecks(connection, database, context.Policy, sets).All());
        checks.AddRange(new LiveServerChecks(connection, database, sets, context.Environment).All());
        checks.AddRange(new ArchiveChecks(connection, context.Policy, context.Clock).All());
    }

    /// <summary>Ids, expiry and point-in-time targets are times: what is off here is off there.</summary>
    private static async Task<Answer> CompareClocksAsync(SystemCheckContext context, TimeSpan most, CancellationToken cancellationToken)
    {
        var theirs = await context.Catalog.Store.ReadClockAsync(cancellationToken);
        var skew = (context.Clock.GetUtcNow() - theirs).Duration();
        var told = $"{Sizes.Text(skew)} off the clock of {context.Catalog.Store.Location}";
        return Answer.Of(skew <= most, told, $"{told}, more than {Duration.Format(most)}: set it (NTP)");
    }

    private T Own<T>(T one)
    {
        if (one is IAsyncDisposable later)
            ownedAsync.Add(later);
        else if (one is IDisposable now)
            owned.Add(now);
        return one;
    }
}
