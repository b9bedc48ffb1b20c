using System.Text.Json.Serialization;

namespace TwiBackup.Alerts;

/// <summary>What an alert says.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlertLevel>))]
public enum AlertLevel
{
    /// <summary>Something does not work, until it is told to have recovered.</summary>
    Failure,

    /// <summary>Something happened that a person should know of; nothing is open because of it.</summary>
    Notice,

    /// <summary>What failed works again.</summary>
    Recovered,
}
