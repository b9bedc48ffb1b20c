using Pulumi;
using TwiBackup.Infra;

return await Deployment.RunAsync(Deploy.Infra);
