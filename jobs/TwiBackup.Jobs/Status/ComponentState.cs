using System.Text.Json.Serialization;

namespace TwiBackup.Status;

/// <summary>Whether a component is as the policy promises.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ComponentState>))]
public enum ComponentState
{
    /// <summary>As promised.</summary>
    Good,

    /// <summary>It can't be told, e.g. because a store does not answer.</summary>
    Unknown,

    /// <summary>An objective or a schedule is missed, or the last verification failed.</summary>
    Missed,
}
