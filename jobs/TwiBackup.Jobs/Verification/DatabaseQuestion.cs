using Npgsql;

namespace TwiBackup.Verification;

/// <summary>One question of <see cref="DatabaseChecks"/>.</summary>
/// <param name="Name">The name of the check that answers it.</param>
/// <param name="Ask">Asks it.</param>
public sealed record DatabaseQuestion(string Name, Func<NpgsqlConnection, CancellationToken, Task<(bool Passed, string Detail)>> Ask);
