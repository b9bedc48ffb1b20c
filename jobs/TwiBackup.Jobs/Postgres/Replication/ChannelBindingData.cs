using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TwiBackup.Postgres.Replication;

/// <summary>tls-server-end-point (<see href="https://www.rfc-editor.org/rfc/rfc5929#section-4">RFC 5929, 4</see>): the certificate's
/// hash.</summary>
internal static class ChannelBindingData
{
    private const string _rsaPss = "1.2.840.113549.1.1.10";

    /// <summary>By the hash of the certificate's signature; SHA-256 where that is MD5 or SHA-1.</summary>
    public static byte[] EndPoint(X509Certificate2 certificate)
    {
        var algorithm = certificate.SignatureAlgorithm.Value;
        if (algorithm == _rsaPss)
            algorithm = PssHash(certificate.RawData);
        return algorithm switch
        {
            // MD5 and SHA-1 with RSA, DSA and ECDSA; SHA-256 with the same; the bare hash for PSS.
            "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.10040.4.3" or "1.2.840.10045.4.1" or "1.3.14.3.2.26"
                or "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" or "2.16.840.1.101.3.4.3.2"
                or "2.16.840.1.101.3.4.2.1" => SHA256.HashData(certificate.RawData),
            "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" or "2.16.840.1.101.3.4.2.2" => SHA384.HashData(certificate.RawData),
            "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" or "2.16.840.1.101.3.4.2.3" => SHA512.HashData(certificate.RawData),
            _ => throw new TwiBackupException(
                $"The server's certificate is signed by {certificate.SignatureAlgorithm.FriendlyName ?? algorithm}, for which channel "
                    + $"binding is not defined. Set channel_binding=disable, or use a certificate signed with RSA or ECDSA."),
        };
    }

    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters SEQUENCE { [0] hashAlgorithm SEQUENCE { OID
    // … } DEFAULT sha1 … } }, … }
    private static string PssHash(byte[] certificate)
    {
        var fields = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence();
        fields.ReadEncodedValue();
        var signature = fields.ReadSequence();
        signature.ReadObjectIdentifier();
        var parameters = signature.ReadSequence();
        var tag = new Asn1Tag(TagClass.ContextSpecific, 0);
        return parameters.HasData && parameters.PeekTag().HasSameClassAndValue(tag)
            ? parameters.ReadSequence(tag).ReadSequence().ReadObjectIdentifier()
            : "1.3.14.3.2.26";
    }
}
