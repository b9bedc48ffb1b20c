using Xunit.Sdk;

// Pulumi's deployment under test is one a process, and takes its configuration from the environment.
[assembly: Xunit.v3.Parallelization(Mode = ParallelMode.None)]
