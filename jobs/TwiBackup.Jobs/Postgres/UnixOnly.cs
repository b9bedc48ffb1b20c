using System.Runtime.Versioning;

// File modes, accounts, signals and Unix sockets are what this is made of.
[assembly: UnsupportedOSPlatform("windows")]
