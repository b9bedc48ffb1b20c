using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TwiBackup.Tests.Repositories;

/// <summary>
/// Serves a repository over http (git's "dumb" protocol: files) to who brings the token, and looks with each request whether any process
/// of the machine has it among its arguments.
/// </summary>
internal sealed class GitServer : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly string folder, expected, token;
    private readonly ConcurrentQueue<string> arguments = [];
    private Task running = Task.CompletedTask;
    private int authorized;

    private GitServer(string folder, string token, int port)
    {
        (this.folder, this.token) = (folder, token);
        expected = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"x-access-token:{token}"))}";
        Url = $"http://127.0.0.1:{port}/bot.git";
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
    }

    public string Url { get; }

    public int Authorized => authorized;

    public IReadOnlyCollection<string> ArgumentsWithToken => arguments;

    public static async Task<GitServer> StartAsync(RepositoryTest test, string token)
    {
        var bare = Path.Combine(test.Files.Folder, "served.git");
        await RepositoryTest.GitInAsync(test.Files.Folder, "clone", "-q", "--mirror", test.Source, bare);
        await RepositoryTest.GitInAsync(bare, "update-server-info");
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var server = new GitServer(bare, token, port);
        server.listener.Start();
        server.running = server.ServeAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await running;
        listener.Close();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            Look();
            Answer(context);
        }
    }

    private void Answer(HttpListenerContext context)
    {
        using var response = context.Response;
        if (context.Request.Headers["Authorization"] != expected)
        {
            response.StatusCode = 401;
            response.AddHeader("WWW-Authenticate", "Basic realm=\"git\"");
            response.OutputStream.Write("{\"message\": \"Bad credentials\"}"u8);
            return;
        }

        Interlocked.Increment(ref authorized);
        var path = Path.Combine(folder, context.Request.Url!.AbsolutePath["/bot.git/".Length..]);
        if (!File.Exists(path))
        {
            response.StatusCode = 404;
            return;
        }

        response.OutputStream.Write(File.ReadAllBytes(path));
    }

    private void Look()
    {
        var secrets = new[] { token, expected["Basic ".Length..] };
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0])))
        {
            try
            {
                var line = File.ReadAllText($"{process}/cmdline");
                if (secrets.Any(s => line.Contains(s, StringComparison.Ordinal)))
                    arguments.Enqueue(line);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended.
            }
        }
    }
}
