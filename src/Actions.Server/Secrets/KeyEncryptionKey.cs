using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actions.Server.Secrets;

/// <summary>
/// Encrypts the key ring. A sealed text is base64 of a nonce, a tag and the ciphertext of AES-256-GCM. It can be opened
/// only with the same key and context.
/// </summary>
internal abstract class KeyEncryptionKey : IDisposable
{
    public const int Length = 32;

    private static readonly int NonceLength = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagLength = AesGcm.TagByteSizes.MaxSize;

    /// <summary>Identifies the key without revealing anything about it.</summary>
    public abstract string Id { get; }

    /// <param name="context">Identifies the element that the text belongs to. It is authenticated, not stored.</param>
    public abstract string Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context);

    /// <exception cref="CryptographicException">The text is damaged, or was sealed with another key or
    /// context.</exception>
    public abstract byte[] Open(string sealedText, ReadOnlySpan<byte> context);

    public abstract void Dispose();

    protected static byte[] Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context)
    {
        var box = new byte[NonceLength + TagLength + plaintext.Length];
        var nonce = box.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(nonce, plaintext, box.AsSpan(NonceLength + TagLength), box.AsSpan(NonceLength, TagLength), context);
        return box;
    }

    protected static byte[] Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> box, ReadOnlySpan<byte> context)
    {
        if (box.Length < NonceLength + TagLength)
            throw new CryptographicException("The text is too short to be a sealed text.");
        var plaintext = new byte[box.Length - NonceLength - TagLength];
        using var aes = new AesGcm(key, TagLength);
        aes.Decrypt(
            box[..NonceLength], box[(NonceLength + TagLength)..], box.Slice(NonceLength, TagLength), plaintext, context);
        return plaintext;
    }

    protected static byte[] FromBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException e)
        {
            throw new CryptographicException("The text isn't base64.", e);
        }
    }
}

/// <summary>A symmetric key of 32 bytes.</summary>
internal sealed class SymmetricKeyEncryptionKey(byte[] key) : KeyEncryptionKey
{
    // RFC 5869: a derived value reveals nothing about the key.
    public override string Id { get; } = Convert.ToHexStringLower(
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, outputLength: 8, info: "Actions.Grpc key encryption key id"u8.ToArray()));

    public override string Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context) =>
        Convert.ToBase64String(Encrypt(key, plaintext, context));

    public override byte[] Open(string sealedText, ReadOnlySpan<byte> context) =>
        Decrypt(key, FromBase64(sealedText), context);

    public override void Dispose() => CryptographicOperations.ZeroMemory(key);
}

/// <summary>
/// A certificate's RSA key. Each text is encrypted under a new key, which is encrypted with RSA-OAEP (RFC 8017 section
/// 7.1, SHA-256) and prepended to the ciphertext.
/// </summary>
/// <remarks>The framework's own encryption of key rings (XML Encryption) wraps keys with PKCS #1 v1.5 and doesn't
/// authenticate the ciphertext.</remarks>
internal sealed class CertificateKeyEncryptionKey(RSA key) : KeyEncryptionKey
{
    public const int MinKeyBits = 2_048;

    // Hash of the public key, not of the certificate: a renewed certificate opens texts sealed with the old one.
    public override string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8));

    /// <exception cref="CryptographicException">No RSA private key, or the key is too short.</exception>
    public static CertificateKeyEncryptionKey Of(X509Certificate2 certificate)
    {
        var key = certificate.GetRSAPrivateKey() ?? throw new CryptographicException("it has no RSA private key");
        return key.KeySize >= MinKeyBits
            ? new CertificateKeyEncryptionKey(key)
            : throw new CryptographicException($"its key has {key.KeySize} bits, of {MinKeyBits} at least");
    }

    public override string Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context)
    {
        var once = RandomNumberGenerator.GetBytes(Length);
        var wrapped = key.Encrypt(once, RSAEncryptionPadding.OaepSHA256);
        var text = $"{Convert.ToBase64String(wrapped)}.{Convert.ToBase64String(Encrypt(once, plaintext, context))}";
        CryptographicOperations.ZeroMemory(once);
        return text;
    }

    public override byte[] Open(string sealedText, ReadOnlySpan<byte> context)
    {
        if (sealedText.Split('.') is not [var wrapped, var box])
            throw new CryptographicException("The text was not sealed with a certificate.");
        var once = key.Decrypt(FromBase64(wrapped), RSAEncryptionPadding.OaepSHA256);
        return Decrypt(once, FromBase64(box), context);
    }

    public override void Dispose() => key.Dispose();
}
