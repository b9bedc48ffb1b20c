using System.Text.Json;
using System.Text.Json.Serialization;

namespace TwiBackup.Catalog;

/// <summary>Manifests as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    WriteIndented = true)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class CatalogJson : JsonSerializerContext
{
    /// <summary>Reads a manifest's bytes; throws <see cref="JsonException"/>.</summary>
    public static Manifest ReadManifest(ReadOnlySpan<byte> bytes) =>
        JsonSerializer.Deserialize(bytes, Default.Manifest) ?? throw new JsonException("The manifest is null.");
}
