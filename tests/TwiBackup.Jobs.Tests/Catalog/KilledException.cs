namespace TwiBackup.Tests.Catalog;

/// <summary>Stands for the end of the process.</summary>
internal sealed class KilledException : Exception;
