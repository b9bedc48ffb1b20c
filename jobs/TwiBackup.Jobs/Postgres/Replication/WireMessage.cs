namespace TwiBackup.Postgres.Replication;

/// <summary>One message of the server
/// (<see href="https://www.postgresql.org/docs/current/protocol-message-formats.html">55.7</see>).</summary>
/// <param name="Type">Its first byte.</param>
/// <param name="Body">What follows its length; valid until the next read.</param>
internal readonly record struct WireMessage(byte Type, ReadOnlyMemory<byte> Body);
