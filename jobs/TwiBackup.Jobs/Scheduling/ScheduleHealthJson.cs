using System.Text.Json.Serialization;

namespace TwiBackup.Scheduling;

/// <summary>The scheduler's health as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ScheduleHealth))]
internal sealed partial class ScheduleHealthJson : JsonSerializerContext;
