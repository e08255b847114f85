using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actions.Server.Secrets;

/// <summary>
/// What the key ring is encrypted under. A sealed text holds a nonce, a tag and the ciphertext of AES-256-GCM, in
/// base64;
/// it opens under the same key and context only.
/// </summary>
internal abstract class KeyEncryptionKey : IDisposable
{
    public const int Length = 32;

    private static readonly int NonceLength = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagLength = AesGcm.TagByteSizes.MaxSize;

    /// <summary>Tells keys apart, and nothing about them.</summary>
    public abstract string Id { get; }

    /// <param name="plaintext">What to hide.</param>
    /// <param name="context">What it belongs to: it is authenticated, not stored.</param>
    public abstract string Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context);

    /// <exception cref="CryptographicException">Sealed under another key or for another context, or
    /// damaged.</exception>
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
            throw new CryptographicException("The text is too short to be a sealed one.");
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
            throw new CryptographicException("The text is no base64.", e);
        }
    }
}

/// <summary>A key of 32 bytes.</summary>
internal sealed class SymmetricKeyEncryptionKey(byte[] key) : KeyEncryptionKey
{
    // RFC 5869: what is derived for one purpose tells nothing about the key.
    public override string Id { get; } = Convert.ToHexStringLower(
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, outputLength: 8, info: "Actions.Grpc key encryption key id"u8.ToArray()));

    public override string Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context) =>
        Convert.ToBase64String(Encrypt(key, plaintext, context));

    public override byte[] Open(string sealedText, ReadOnlySpan<byte> context) =>
        Decrypt(key, FromBase64(sealedText), context);

    public override void Dispose() => CryptographicOperations.ZeroMemory(key);
}

/// <summary>
/// A certificate's RSA key. Each text is encrypted under a key of its own, which stands before it, encrypted with
/// RSA-OAEP (RFC 8017 section 7.1, SHA-256).
/// </summary>
/// <remarks>The framework's own way for key rings (XML Encryption) wraps with PKCS #1 v1.5 and authenticates
/// nothing.</remarks>
internal sealed class CertificateKeyEncryptionKey(RSA key) : KeyEncryptionKey
{
    public const int MinKeyBits = 2_048;

    // Of the public key, not of the certificate: a renewed one opens what the old one sealed.
    public override string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8));

    /// <exception cref="CryptographicException">It has no RSA private key, or a short one.</exception>
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
