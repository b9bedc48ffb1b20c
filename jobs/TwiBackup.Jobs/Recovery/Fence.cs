using Npgsql;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Recovery;

/// <summary>
/// Proves that the old primary is dead or cut off: with two primaries of one cluster clients write to both, and what one of them took is
/// lost. It is asked as clients would ask it, and its WAL must have stopped coming.
/// </summary>
internal sealed class Fence(RecoveryOptions options)
{
    /// <summary>What was found, one line. Throws when the old primary lives.</summary>
    public async Task<string> RequireAsync(RestorePlan plan, CancellationToken cancellationToken)
    {
        if (options.Isolated)
            return "The old primary was not asked: this is a drill beside it.";
        if (options.OldPrimary is not { } old)
            return "The old primary was not asked: there is no connection to it.";
        var found = await AskAsync(old, plan.Set.Manifest.Database!.SystemIdentifier, cancellationToken);
        if (!found.Lives)
            return found.Text;
        if (options.OldPrimaryIsFenced)
            return $"{found.Text} It was said to be cut off from its clients.";
        throw new TwiBackupException(
            $"{found.Text} With two primaries writes are lost. Stop it or cut it off; when no client reaches it any more, say so with --old-primary-fenced. For a drill beside it use --isolated.");
    }

    /// <summary>Throws when WAL was received from the old primary after <paramref name="since"/>, by the server's own clock.</summary>
    public async Task RequireSilenceAsync(RestorePlan plan, DateTimeOffset since, CancellationToken cancellationToken)
    {
        if (options.Isolated || options.OldPrimaryIsFenced)
            return;
        var marks = new WalMarks(options.Catalog.Store, options.Catalog.Keys, plan.Layout);
        if (await marks.NewestAsync(plan.Path.Timeline, cancellationToken) is { } newest && newest.Time > since)
            throw new TwiBackupException(
                $"The old primary lives: WAL of {newest.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z came into {options.Catalog.Store.Location} while it was thought dead. Stop it and its receiver; when no client reaches it any more, say so with --old-primary-fenced.");
    }

    private static async Task<(bool Lives, string Text)> AskAsync(ConnectionSettings old, string identifier, CancellationToken cancellationToken)
    {
        var brief = old with { ConnectTimeout = Reachability.Patience };
        try
        {
            await using var session = await QueryConnection.OpenAsync(brief, cancellationToken);
            var (recovers, id) = (await session.ListAsync(
                "select pg_is_in_recovery(), (select system_identifier from pg_control_system())::text",
                row => (row.GetBoolean(0), row.GetString(1)),
                cancellationToken))[0];
            return id != identifier ? (false, $"{old} answers as another cluster ({id}), not as the lost one.")
                : recovers ? (false, $"{old} answers as a standby of the lost cluster.")
                : (true, $"{old} answers as the primary of this cluster ({id}).");
        }
        catch (NpgsqlException e)
        {
            return (true, $"{old} answers, but does not say what it is ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}).");
        }
        catch (TwiBackupException e) when (Reachability.WhyNot(e) is { } why)
        {
            return (false, $"{old} can't be reached: {why}.");
        }
        catch (TwiBackupException e)
        {
            return (true, $"Something answers there, and may be the old primary: {e.Message}");
        }
    }
}
