namespace TwiBackup.Stores;

/// <summary>What is asked of the server, for messages: in words, and the permission that it needs.</summary>
internal readonly record struct S3Request(string Doing, string Permission, string? Key = null);
