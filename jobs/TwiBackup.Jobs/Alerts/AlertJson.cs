using System.Text.Json.Serialization;

namespace TwiBackup.Alerts;

/// <summary>The alerts' state as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AlertBook))]
internal sealed partial class AlertJson : JsonSerializerContext;
