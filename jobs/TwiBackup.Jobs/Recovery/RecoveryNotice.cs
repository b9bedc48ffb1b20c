namespace TwiBackup.Recovery;

/// <summary>What people are told of a recovery.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Message">One line.</param>
/// <param name="Advice">What to do, or null.</param>
public sealed record RecoveryNotice(NoticeKind Kind, string Message, string? Advice);
