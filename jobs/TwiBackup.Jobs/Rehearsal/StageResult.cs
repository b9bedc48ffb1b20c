namespace TwiBackup.Rehearsal;

/// <summary>One stage of a recovery: detect, provision, base, replay, open, verified.</summary>
public sealed record StageResult(string Name, double Seconds);
