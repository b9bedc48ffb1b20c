using TwiBackup.Policy;
using TwiBackup.Status;

namespace TwiBackup.Reports.Live;

/// <summary>What is served until the stores are looked at again.</summary>
/// <param name="Html">The page, UTF-8.</param>
/// <param name="Json">The report, UTF-8; null: nothing could be read yet.</param>
/// <param name="Problem">Why the store could not be read when it was last tried, one line; null: it could.</param>
/// <param name="Health">The status as <c>status --check</c> says it.</param>
/// <param name="Code">Its exit code.</param>
public sealed record LiveView(byte[] Html, byte[]? Json, string? Problem, string Health, ExitCode Code);
