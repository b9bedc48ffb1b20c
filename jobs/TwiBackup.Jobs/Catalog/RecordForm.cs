using System.Text.Json.Serialization.Metadata;

namespace TwiBackup.Catalog;

/// <summary>How one sort of record is written, named and recognised.</summary>
/// <param name="Json">Its JSON.</param>
/// <param name="Id">The record's own id, its name in the store.</param>
/// <param name="Comment">What its signature says beside it, so that it fits one record and one place only.</param>
/// <param name="Belongs">Whether a record is of a format that is understood and of the system that is asked for.</param>
public sealed record RecordForm<T>(JsonTypeInfo<T> Json, Func<T, string> Id, Func<T, string> Comment, Func<T, bool> Belongs);
