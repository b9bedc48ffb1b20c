namespace TwiBackup.Policy.Json;

/// <summary>The errors of one policy file, one line each.</summary>
internal sealed class PolicyErrors(string file)
{
    private readonly List<(int Line, string Text)> _errors = [];

    public bool Any => _errors.Count > 0;

    /// <param name="line">From 1.</param>
    /// <param name="path">Such as <c>backups.full.keep</c>; empty for the whole file.</param>
    /// <param name="problem">What is wrong; what to do.</param>
    public void Add(int line, string path, string problem)
    {
        var stop = problem.EndsWith('?') ? "" : ".";
        _errors.Add((line, path.Length == 0 ? $"{file}:{line}: {problem}{stop}" : $"{file}:{line}: {path}: {problem}{stop}"));
    }

    /// <summary>Throws when there are errors; by line.</summary>
    public void ThrowIfAny()
    {
        if (Any)
            throw new PolicyException([.. _errors.OrderBy(error => error.Line).Select(error => error.Text)]);
    }
}
