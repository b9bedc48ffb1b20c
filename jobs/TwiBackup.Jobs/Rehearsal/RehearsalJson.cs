using System.Text.Json.Serialization;

namespace TwiBackup.Rehearsal;

/// <summary>Rehearsal reports as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    WriteIndented = true)]
[JsonSerializable(typeof(RehearsalReport))]
[JsonSerializable(typeof(RehearsalSuite))]
internal sealed partial class RehearsalJson : JsonSerializerContext;
