using System.Text.Json.Serialization;

namespace TwiBackup.Files;

/// <summary>Indexes as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(FileIndex))]
internal sealed partial class FilesJson : JsonSerializerContext;
