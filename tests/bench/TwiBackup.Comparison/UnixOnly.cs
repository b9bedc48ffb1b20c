// Servers, time(1) and /proc.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
