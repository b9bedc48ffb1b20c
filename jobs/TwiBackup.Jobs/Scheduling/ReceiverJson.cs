using System.Text.Json.Serialization;

namespace TwiBackup.Scheduling;

/// <summary>The receiver's lines as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReceiverLine))]
internal sealed partial class ReceiverJson : JsonSerializerContext;
