namespace TwiBackup.Policy.Checks;

/// <summary>Collects findings.</summary>
internal sealed class Findings
{
    private readonly List<Finding> _findings = [];

    public IReadOnlyList<Finding> All => _findings;

    public void Error(string path, string message) => _findings.Add(new Finding(Severity.Error, path, message));

    public void Warning(string path, string message) => _findings.Add(new Finding(Severity.Warning, path, message));
}
