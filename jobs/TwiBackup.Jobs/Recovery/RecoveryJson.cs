using System.Text.Json;
using System.Text.Json.Serialization;

namespace TwiBackup.Recovery;

/// <summary>The journal's lines.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class RecoveryJson : JsonSerializerContext;
