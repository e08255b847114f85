using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Actions.Server.Configuration;

namespace Actions.Server.Secrets;

/// <summary>The configured keys: the current one encrypts, all of them decrypt.</summary>
internal sealed class KeyEncryptionKeys : IDisposable
{
    private const int MinDifferentBytes = 12;

    private readonly Dictionary<string, KeyEncryptionKey> _all = new(StringComparer.Ordinal);

    /// <summary>Null: no key is configured, and the key ring is stored in the clear.</summary>
    public KeyEncryptionKey? Current { get; private set; }

    /// <returns>Null: no key with that id is configured.</returns>
    public KeyEncryptionKey? Find(string id) => _all.GetValueOrDefault(id);

    public void Dispose()
    {
        foreach (var key in _all.Values)
            key.Dispose();
    }

    /// <param name="wrong">Receives a sentence for each invalid setting. It contains no key.</param>
    public static KeyEncryptionKeys Read(SecretsOptions options, List<string> wrong)
    {
        const string section = SecretsOptions.Section;
        var keys = new KeyEncryptionKeys();
        if (new[] { options.KeyEncryptionKey, options.KeyEncryptionKeyFile, options.CertificatePath }.Count(value => value.Length > 0) > 1)
            wrong.Add($"Only one of {SecretsOptions.Ways} may be set.");

        if (options.KeyEncryptionKey.Length > 0)
            keys.Current = keys.Add($"{section}:{nameof(options.KeyEncryptionKey)}", () => OfText(options.KeyEncryptionKey), wrong);
        if (options.KeyEncryptionKeyFile.Length > 0)
            keys.Current = keys.Add($"{section}:{nameof(options.KeyEncryptionKeyFile)}", () => OfFile(options.KeyEncryptionKeyFile), wrong);
        if (options.CertificatePath.Length > 0)
            keys.Current = keys.Add(
                $"{section}:{nameof(options.CertificatePath)}", () => OfCertificate(options.CertificatePath, options.CertificatePassword), wrong);

        foreach (var (i, text) in options.PreviousKeyEncryptionKeys.Index())
            keys.Add($"{section}:{nameof(options.PreviousKeyEncryptionKeys)}:{i}", () => OfText(text), wrong);
        foreach (var (i, path) in options.PreviousKeyEncryptionKeyFiles.Index())
            keys.Add($"{section}:{nameof(options.PreviousKeyEncryptionKeyFiles)}:{i}", () => OfFile(path), wrong);
        foreach (var (i, certificate) in options.PreviousCertificates.Index())
            keys.Add($"{section}:{nameof(options.PreviousCertificates)}:{i}", () => OfCertificate(certificate.Path, certificate.Password), wrong);
        return keys;
    }

    private KeyEncryptionKey? Add(string setting, Func<KeyEncryptionKey> read, List<string> wrong)
    {
        try
        {
            var key = read();
            if (_all.TryAdd(key.Id, key))
                return key;
            // Configured twice, e.g. as the current and as a previous key.
            key.Dispose();
            return _all[key.Id];
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            wrong.Add($"{setting} can't be used: {e.Message.ReplaceLineEndings(" ").TrimEnd(' ', '.')}.");
            return null;
        }
    }

    private static SymmetricKeyEncryptionKey OfText(string text)
    {
        var bytes = new byte[KeyEncryptionKey.Length];
        return Convert.TryFromBase64String(text.Trim(), bytes, out var length) && length == bytes.Length
            ? OfBytes(bytes)
            : throw new CryptographicException($"it must be {KeyEncryptionKey.Length} bytes in base64");
    }

    // A placeholder, such as zeros, would encrypt nothing. Of 32 random bytes some 30 are different.
    private static SymmetricKeyEncryptionKey OfBytes(byte[] bytes) => bytes.Distinct().Count() >= MinDifferentBytes
        ? new SymmetricKeyEncryptionKey(bytes)
        : throw new CryptographicException("its bytes aren't random; make one with 'openssl rand -base64 32'");

    private static SymmetricKeyEncryptionKey OfFile(string path)
    {
        var bytes = ReadFile(path);
        // A base64 text of a key is longer than 33 bytes.
        var isRaw = bytes.Length == KeyEncryptionKey.Length
            || (bytes.Length == KeyEncryptionKey.Length + 1 && bytes[^1] == '\n');
        return isRaw ? OfBytes(bytes[..KeyEncryptionKey.Length]) : OfText(Encoding.ASCII.GetString(bytes));
    }

    private static byte[] ReadFile(string path) =>
        SettingFile.Wrong(path) is { } wrong ? throw new CryptographicException(
            $"it {wrong}") : File.ReadAllBytes(path);

    private static CertificateKeyEncryptionKey OfCertificate(string path, string password)
    {
        using var certificate = ReadCertificate(path, password);
        return CertificateKeyEncryptionKey.Of(certificate);
    }

    private static X509Certificate2 ReadCertificate(string path, string password)
    {
        if (!ReadFile(path).AsSpan().StartsWith("-----BEGIN"u8))
            return X509CertificateLoader.LoadPkcs12FromFile(path, password);
        return password.Length == 0
            ? X509Certificate2.CreateFromPemFile(path)
            : X509Certificate2.CreateFromEncryptedPemFile(path, password);
    }
}
