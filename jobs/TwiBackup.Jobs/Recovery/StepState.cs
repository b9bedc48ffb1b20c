namespace TwiBackup.Recovery;

/// <summary>How far a step is.</summary>
public enum StepState
{
    /// <summary>Not begun.</summary>
    Pending,

    /// <summary>Begun, and not ended: it runs, or what ran it was killed.</summary>
    Begun,

    /// <summary>Done.</summary>
    Done,

    /// <summary>Not to be done, for a reason that is said.</summary>
    Skipped,

    /// <summary>It failed, or was stopped by a person; it is begun again by a resumed run.</summary>
    Failed,
}
