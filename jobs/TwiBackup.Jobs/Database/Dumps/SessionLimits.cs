namespace TwiBackup.Database.Dumps;

/// <summary>Limits that a role or database may set for sessions of people, and that would end ours in the middle.</summary>
internal static class SessionLimits
{
    /// <summary>Lifts them for the session, as pg_dump does for its own. Those that the server's version does not know are passed over.</summary>
    public const string Lift =
        """
        select set_config(name, '0', false) from pg_settings
        where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')
        """;
}
