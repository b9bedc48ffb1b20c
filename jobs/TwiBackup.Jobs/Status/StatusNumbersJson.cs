using System.Text.Json.Serialization;

namespace TwiBackup.Status;

/// <summary>The status' numbers as JSON in one line, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusNumbers))]
internal sealed partial class StatusNumbersJson : JsonSerializerContext;
