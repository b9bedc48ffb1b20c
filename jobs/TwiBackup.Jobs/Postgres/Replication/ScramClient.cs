using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TwiBackup.Postgres.Replication;

/// <summary>
/// The client's half of SCRAM-SHA-256 (<see href="https://www.rfc-editor.org/rfc/rfc5802">RFC 5802</see>,
/// <see href="https://www.rfc-editor.org/rfc/rfc7677">RFC 7677</see>).
/// </summary>
internal sealed class ScramClient
{
    private const int _nonceBytes = 18, _keyBytes = 32;

    // PostgreSQL's default is 4096. A hostile server could otherwise make us compute for hours.
    private const int _mostIterations = 10_000_000;

    private readonly string _password;
    private readonly string _nonce;
    private readonly string _bare;
    private readonly string _bindingInput;
    private readonly string _server;
    private byte[]? _serverSignature;

    /// <param name="password">As given; prepared here.</param>
    /// <param name="bindingFlag">'p' with channel binding, 'y' possible here but not offered, 'n' not possible here.</param>
    /// <param name="bindingData">With 'p': tls-server-end-point.</param>
    /// <param name="server">For messages.</param>
    /// <param name="nonce">Null: random.</param>
    /// <param name="user">PostgreSQL takes the name from the startup packet and expects none here.</param>
    public ScramClient(string password, char bindingFlag, byte[]? bindingData, string server, string? nonce = null, string user = "")
    {
        _password = SaslPrep.Apply(password);
        _nonce = nonce ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(_nonceBytes));
        _server = server;
        UsesChannelBinding = bindingFlag == 'p';
        var header = UsesChannelBinding ? "p=tls-server-end-point,," : $"{bindingFlag},,";
        _bindingInput = Convert.ToBase64String([.. Encoding.ASCII.GetBytes(header), .. bindingData ?? []]);
        _bare = $"n={user},r={_nonce}";
        First = header + _bare;
    }

    public bool UsesChannelBinding { get; }

    /// <summary>Whether the server has proved that it knows the password.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>client-first-message.</summary>
    public string First { get; }

    /// <summary>client-final-message, for the server's first.</summary>
    public string Continue(string serverFirst)
    {
        var fields = Fields(serverFirst);
        var nonce = fields.GetValueOrDefault('r') ?? "";
        if (!nonce.StartsWith(_nonce, StringComparison.Ordinal) || nonce.Length == _nonce.Length || fields.ContainsKey('m'))
            throw Unproved("its nonce is wrong");
        if (!int.TryParse(fields.GetValueOrDefault('i'), NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
            || iterations is < 1 or > _mostIterations)
            throw Unproved("its iteration count is out of range");

        var salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(_password), Decode(fields.GetValueOrDefault('s')), iterations, HashAlgorithmName.SHA256, _keyBytes);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var withoutProof = $"c={_bindingInput},r={nonce}";
        var signed = Encoding.UTF8.GetBytes($"{_bare},{serverFirst},{withoutProof}");
        var proof = HMACSHA256.HashData(SHA256.HashData(clientKey), signed);
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= clientKey[i];
        _serverSignature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), signed);
        CryptographicOperations.ZeroMemory(salted);
        CryptographicOperations.ZeroMemory(clientKey);
        return $"{withoutProof},p={Convert.ToBase64String(proof)}";
    }

    /// <summary>Checks the server's signature.</summary>
    public void Finish(string serverFinal)
    {
        var signature = Decode(Fields(serverFinal).GetValueOrDefault('v'));
        if (_serverSignature is null || !CryptographicOperations.FixedTimeEquals(signature, _serverSignature))
            throw Unproved("its signature is wrong");
        IsFinished = true;
    }

    private static Dictionary<char, string> Fields(string message)
    {
        var fields = new Dictionary<char, string>();
        foreach (var part in message.Split(','))
        {
            if (part.Length >= 2 && part[1] == '=')
                fields.TryAdd(part[0], part[2..]);
        }
        return fields;
    }

    private byte[] Decode(string? base64)
    {
        try
        {
            return Convert.FromBase64String(base64 ?? "");
        }
        catch (FormatException)
        {
            throw Unproved("its answer is not base64");
        }
    }

    private TwiBackupException Unproved(string why) =>
        new($"PostgreSQL at {_server} did not prove that it knows the password: {why}. Something may stand between: check host, and use "
            + $"sslmode=verify-full.");
}
