using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace TwiBackup.Alerts;

/// <summary>
/// Sends <see cref="Telemetry"/> over OTLP when OTEL_EXPORTER_OTLP_ENDPOINT (or its form for metrics or traces) is set, as the other
/// <see href="https://opentelemetry.io/docs/specs/otel/protocol/exporter/">OTEL_… variables</see> say; does nothing otherwise. A
/// collector that does not answer fails nothing.
/// </summary>
public sealed class TelemetryExport : IDisposable
{
    private readonly MeterProvider? meters;
    private readonly TracerProvider? tracers;

    private readonly int lastWords;

    private TelemetryExport(MeterProvider? meters, TracerProvider? tracers, int lastWords) =>
        (this.meters, this.tracers, this.lastWords) = (meters, tracers, lastWords);

    /// <param name="environment">The variables this process was started with.</param>
    /// <param name="lastWords">How long the end waits for what is not sent yet, once for metrics and once for traces.</param>
    public static TelemetryExport Start(IReadOnlyDictionary<string, string> environment, TimeSpan lastWords)
    {
        void Bound(OtlpExporterOptions options) => options.TimeoutMilliseconds = Math.Min(options.TimeoutMilliseconds, (int)lastWords.TotalMilliseconds);

        var everything = IsSet(environment, "OTEL_EXPORTER_OTLP_ENDPOINT");
        var resource = ResourceBuilder.CreateDefault();
        if (!IsSet(environment, "OTEL_SERVICE_NAME"))
            resource.AddService("twibackup", serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version?.ToString(3));
        return new TelemetryExport(
            everything || IsSet(environment, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
                ? Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Telemetry.Name).AddOtlpExporter(Bound).Build()
                : null,
            everything || IsSet(environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
                ? Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Telemetry.Name).AddOtlpExporter(Bound).Build()
                : null,
            (int)lastWords.TotalMilliseconds);
    }

    public void Dispose()
    {
        meters?.Shutdown(lastWords);
        meters?.Dispose();
        tracers?.Shutdown(lastWords);
        tracers?.Dispose();
    }

    private static bool IsSet(IReadOnlyDictionary<string, string> environment, string name) => environment.TryGetValue(name, out var value) && value.Length > 0;
}
