namespace TwiBackup.Postgres.Replication;

/// <summary>Whether one attempt to connect uses TLS.</summary>
internal enum TlsUse
{
    Never,
    IfOffered,
    Required,
}
