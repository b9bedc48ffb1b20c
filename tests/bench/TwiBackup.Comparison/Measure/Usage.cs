namespace TwiBackup.Comparison.Measure;

/// <summary>What one run took.</summary>
/// <param name="Wall">Seconds on the clock.</param>
/// <param name="Cpu">Processor seconds, user and system, of the program and all it waited for, and of the server where that worked for it.</param>
/// <param name="Peak">The most memory that the program held, its own helpers of the same name included, in bytes.</param>
/// <param name="Stored">Bytes that it left in its store; 0 where nothing is stored.</param>
internal sealed record Usage(double Wall, double Cpu, long Peak, long Stored = 0);
