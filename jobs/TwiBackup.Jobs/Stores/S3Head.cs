namespace TwiBackup.Stores;

/// <summary>What the server says of an object without its content; the put's token when it could be read.</summary>
internal sealed record S3Head(long Length, DateTimeOffset Modified, string ETag, string? PutToken);
