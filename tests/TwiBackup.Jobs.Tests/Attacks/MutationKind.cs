namespace TwiBackup.Tests.Attacks;

/// <summary>What somebody who can write to the store may do to an object.</summary>
internal enum MutationKind
{
    Flip,
    Truncate,
    Extend,
    Swap,
    SwapChunks,

    /// <summary>Another object, e.g. the one of that name of an older set, in its place.</summary>
    Replay,

    /// <summary>One that is sealed to the same recipient and signed by nobody who is trusted.</summary>
    Forge,
    Empty,
    Delete,
}
