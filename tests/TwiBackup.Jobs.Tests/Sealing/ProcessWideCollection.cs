namespace TwiBackup.Tests.Sealing;

/// <summary>Tests that look at the whole process (threads, allocations) run while no other does.</summary>
[CollectionDefinition(nameof(ProcessWideCollection), DisableParallelization = true)]
public sealed class ProcessWideCollection;
