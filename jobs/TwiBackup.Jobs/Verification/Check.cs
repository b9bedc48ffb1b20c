namespace TwiBackup.Verification;

/// <summary>One question to a database, and its answer.</summary>
/// <param name="Name">What was asked, e.g. <c>owners</c>.</param>
/// <param name="Passed">Whether it is as it must be.</param>
/// <param name="Detail">One line: what was found, with names and numbers where it failed.</param>
public sealed record Check(string Name, bool Passed, string Detail);
