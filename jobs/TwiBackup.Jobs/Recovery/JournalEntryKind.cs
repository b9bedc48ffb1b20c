using System.Text.Json.Serialization;

namespace TwiBackup.Recovery;

/// <summary>What a line of the journal says.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JournalEntryKind>))]
public enum JournalEntryKind
{
    /// <summary>A recovery begins: the first line, and only it.</summary>
    Recovery,

    /// <summary>It goes on after an interruption, perhaps on another machine.</summary>
    Resumed,

    /// <summary>A step begins.</summary>
    Begun,

    /// <summary>Something within a step that cannot be undone has happened.</summary>
    Noted,

    /// <summary>A step is done.</summary>
    Done,

    /// <summary>A step is not to be done.</summary>
    Skipped,

    /// <summary>A step failed.</summary>
    Failed,

    /// <summary>A step was stopped by a person.</summary>
    Stopped,

    /// <summary>Everything is done.</summary>
    Ended,
}
