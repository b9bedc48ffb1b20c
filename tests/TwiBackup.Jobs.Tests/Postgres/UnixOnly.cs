using System.Runtime.Versioning;

// As the program it tests.
[assembly: UnsupportedOSPlatform("windows")]
