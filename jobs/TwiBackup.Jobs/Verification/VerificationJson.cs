using System.Text.Json.Serialization;

namespace TwiBackup.Verification;

/// <summary>Verification records as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(VerificationRecord))]
[JsonSerializable(typeof(IReadOnlyList<KindResult>))]
internal sealed partial class VerificationJson : JsonSerializerContext;
