using System.Text.Json.Serialization;

namespace TwiBackup.Reports;

/// <summary>Reports as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(SystemReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
