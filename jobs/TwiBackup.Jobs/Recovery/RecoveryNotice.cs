namespace TwiBackup.Recovery;

/// <summary>What people are told of a recovery.</summary>
/// <param name="Message">One line.</param>
/// <param name="Advice">What to do, or null.</param>
/// <param name="IsEnd">Whether the recovery has ended.</param>
public sealed record RecoveryNotice(string Message, string? Advice, bool IsEnd);
