using System.Security.Cryptography;
using System.Text;

namespace TwiBackup.Postgres.Replication;

/// <summary>
/// Answers the server's authentication requests: trust, password, md5, SCRAM-SHA-256 and SCRAM-SHA-256-PLUS
/// (<see href="https://www.postgresql.org/docs/current/sasl-authentication.html">55.3</see>).
/// </summary>
internal sealed class Authentication(Wire wire)
{
    private const int _ok = 0, _cleartext = 3, _md5 = 5, _sasl = 10, _saslContinue = 11, _saslFinal = 12;
    private const string _scram = "SCRAM-SHA-256", _scramPlus = "SCRAM-SHA-256-PLUS";

    private ScramClient? _exchange;
    private bool _accepted;

    private ConnectionSettings Settings => wire.Settings;

    public async Task AnswerAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var answer = Answer(body.Span);
        if (answer is not null)
            await wire.SendAsync(answer, cancellationToken);
    }

    /// <summary>Refuses a server that calls itself ready before it has done its part.</summary>
    public void ThrowIfIncomplete()
    {
        if (!_accepted)
            throw BodyReader.Malformed();
    }

    private byte[]? Answer(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var request = reader.Int32();
        switch (request)
        {
            case _ok:
                Accept();
                return null;
            case _cleartext:
                RefuseWithoutBinding("a password in the clear");
                // With TLS whose other end nobody has checked it would be anybody's who stands between.
                if (!wire.IsServerVerified && !Settings.IsUnixSocket && !Settings.AllowCleartextPassword)
                    throw Refused(
                        $"asks for the password in the clear over a connection {(wire.ServerCertificate is null ? "without TLS" : "whose certificate was not verified")}, so it is not sent",
                        "Set sslmode=verify-full with sslrootcert, or scram-sha-256 in pg_hba.conf.");
                return new WireBuilder('p').Text(Password()).Build();
            case _md5:
                RefuseWithoutBinding("md5");
                return new WireBuilder('p').Text(Md5(Password(), Settings.User, reader.Take(4))).Build();
            case _sasl:
                return BeginScram(ref reader);
            case _saslContinue:
                return new WireBuilder('p').Raw(Encoding.UTF8.GetBytes(Exchange().Continue(Encoding.UTF8.GetString(reader.Rest)))).Build();
            case _saslFinal:
                Exchange().Finish(Encoding.UTF8.GetString(reader.Rest));
                return null;
            default:
                throw Refused(
                    $"asks for an authentication that is not supported here "
                        + $"({(request is 7 or 8 or 9 ? "GSSAPI, SSPI" : $"number {request}")})",
                    "Use scram-sha-256 or a client certificate for this role in pg_hba.conf.");
        }
    }

    private void Accept()
    {
        if (_exchange is { IsFinished: false })
            throw Refused("did not prove that it knows the password", "Something may stand between: check host, and use "
                + "sslmode=verify-full.");
        if (Settings.ChannelBinding == "require" && _exchange is not { UsesChannelBinding: true })
            throw Refused("let us in without channel binding, which channel_binding=require demands", "Set scram-sha-256 for this role "
                + "in pg_hba.conf, and its password anew.");
        _accepted = true;
    }

    private byte[] BeginScram(ref BodyReader reader)
    {
        var offered = new List<string>();
        while (reader.Text() is { Length: > 0 } mechanism)
            offered.Add(mechanism);

        byte[]? binding = null;
        var flag = 'n';
        if (wire.ServerCertificate is not null && Settings.ChannelBinding != "disable")
        {
            // 'y': we could have, and the server seems unable. A server that offered it notices the one who took it out.
            flag = offered.Contains(_scramPlus) ? 'p' : 'y';
            binding = flag == 'p' ? ChannelBindingData.EndPoint(wire.ServerCertificate) : null;
        }
        if (flag != 'p')
            RefuseWithoutBinding(wire.ServerCertificate is null ? "SCRAM without TLS" : "SCRAM without channel binding");
        var mechanismUsed = flag == 'p' ? _scramPlus : _scram;
        if (!offered.Contains(mechanismUsed))
            throw Refused($"offers only {string.Join(", ", offered)}", "Set scram-sha-256 in pg_hba.conf.");

        _exchange = new ScramClient(Password(), flag, binding, wire.Settings.ToString());
        var first = Encoding.UTF8.GetBytes(_exchange.First);
        return new WireBuilder('p').Text(mechanismUsed).Int32(first.Length).Raw(first).Build();
    }

    private ScramClient Exchange() => _exchange ?? throw BodyReader.Malformed();

    private string Password() => Settings.FindPassword("replication", Settings.Database)
        ?? throw Refused(
            "asks for a password and there is none",
            $"Set PGPASSWORD, or add a line {Settings.Host}:{Settings.Port}:replication:{Settings.User}:… to "
                + $"{Settings.PassFile ?? "a password file (PGPASSFILE)"}.");

    private void RefuseWithoutBinding(string what)
    {
        if (Settings.ChannelBinding == "require")
            throw Refused($"asks for {what}, and channel_binding=require demands SCRAM with channel binding", "Use TLS (sslmode) and "
                + "scram-sha-256 in pg_hba.conf.");
    }

    private TwiBackupException Refused(string what, string remedy) => new($"PostgreSQL at {Settings} {what}. {remedy}");

#pragma warning disable CA5351 // The server's choice; the protocol has no other digest here.
    private static string Md5(string password, string user, ReadOnlySpan<byte> salt)
    {
        var inner = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(password + user)));
        return "md5" + Convert.ToHexStringLower(MD5.HashData([.. Encoding.ASCII.GetBytes(inner), .. salt]));
    }
#pragma warning restore CA5351
}
