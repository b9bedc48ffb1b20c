namespace TwiBackup.Policy;

/// <summary>Where a system is recovered to.</summary>
public enum RecoveryPlace
{
    /// <summary>A host that the provision command makes, on which the rest is done.</summary>
    Elsewhere,

    /// <summary>The machine on which it is run, once the provision command has made it ready.</summary>
    Here,

    /// <summary>The machine on which it is run, as it is.</summary>
    Local,
}
