namespace TwiBackup.Alerts;

/// <summary>Where alerts go.</summary>
public interface IAlertSink
{
    /// <summary>Before this the other side does not want to be asked. Kept across processes by whoever owns the sink.</summary>
    DateTimeOffset NotBefore { get; set; }

    /// <summary>
    /// Delivers an alert; what is worth trying again is tried again, within bounds. Throws <see cref="TwiBackupException"/> with one
    /// line that holds no secret when it could not be delivered. An alert may arrive twice, when the answer to the first was lost.
    /// </summary>
    Task SendAsync(Alert alert, CancellationToken cancellationToken);
}
