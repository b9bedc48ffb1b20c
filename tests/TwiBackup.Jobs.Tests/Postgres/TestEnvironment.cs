using System.Collections;
using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres;

/// <summary>What the machine that runs the tests has.</summary>
public static class TestEnvironment
{
    public static IReadOnlyDictionary<string, string> Variables { get; } =
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(pair => (string)pair.Key, pair => (string)pair.Value!);

    public static PostgresInstallation Installation { get; } = PostgresInstallation.Find(null, Variables);

    public static ServerAccount Account { get; } = ServerAccount.Resolve(Variables);
}
