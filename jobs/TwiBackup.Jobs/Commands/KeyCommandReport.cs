using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TwiBackup.Sealing;

namespace TwiBackup.Commands;

/// <summary>Prints keys for people and for programs; only their public halves.</summary>
internal static class KeyCommandReport
{
    public static void Write(GeneratedKeys keys, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            WriteJson(output, json =>
            {
                json.WriteString("recipient", keys.Recipient.ToString());
                json.WriteString("signingPublicKey", keys.SigningPublic.ToString());
                json.WriteString("signingKeyId", keys.SigningPublic.KeyId);
                json.WriteString("identityFile", keys.IdentityFile);
                json.WriteString("signingKeyFile", keys.SigningFile);
                json.WriteString("signingPublicKeyFile", keys.SigningPublicFile);
            });
            return;
        }
        output.WriteLine($"recipient           {keys.Recipient}");
        output.WriteLine($"signing public key  {keys.SigningPublic}");
        output.WriteLine(
            $"Written: {keys.IdentityFile}, {keys.SigningFile}, {keys.SigningPublicFile}. "
            + $"Move {KeyFiles.IdentityName} to a safe place away from this host: it opens every backup, and nothing else does.");
    }

    public static void Write(KeyFileContent content, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            WriteJson(output, json =>
            {
                json.WriteString("kind", content.Kind);
                json.WriteStartArray("recipients");
                foreach (var recipient in content.Recipients) json.WriteStringValue(recipient.ToString());
                json.WriteEndArray();
                json.WriteString("signingPublicKey", content.SigningPublic?.ToString());
                json.WriteString("signingKeyId", content.SigningPublic?.KeyId);
            });
            return;
        }
        output.WriteLine($"{"kind",-20}{content.Kind}");
        foreach (var recipient in content.Recipients) output.WriteLine($"{"recipient",-20}{recipient}");
        if (content.SigningPublic is not { } key) return;
        output.WriteLine($"{"signing public key",-20}{key}");
        output.WriteLine($"{"key id",-20}{key.KeyId}");
    }

    private static void WriteJson(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        // Keys are Base64: their + stays one, for who searches the text.
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }
}
