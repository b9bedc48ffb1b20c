namespace TwiBackup.Infra.Configuration;

/// <summary>The network from which the database is reached, when it exists already.</summary>
/// <param name="Subnets">Of two zones at best.</param>
/// <param name="SecurityGroups">What the tasks get; the database lets these in.</param>
/// <param name="PublicIp">Whether tasks need a public address, as in a public subnet without NAT.</param>
public sealed record ExistingNetwork(IReadOnlyList<string> Subnets, IReadOnlyList<string> SecurityGroups, bool PublicIp);
