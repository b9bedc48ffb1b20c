using BenchmarkDotNet.Running;

// One part of the data path each. All: -- --filter '*'; one: -- --filter '*Sealing*'; a quick look: -- --filter '*' --job short
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

BenchmarkSwitcher.FromAssembly(typeof(TwiBackup.Benchmarks.SealingBenchmarks).Assembly).Run(args);
