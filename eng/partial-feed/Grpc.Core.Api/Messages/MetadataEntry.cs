using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One header or trailer: a key in lower case, and either text or bytes.</summary>
    public class Entry
    {
        private static readonly SearchValues<char> KeyCharacters =
            SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");

        private readonly string? text;
        private readonly byte[]? bytes;

        /// <summary>An entry with bytes, which are copied; its key ends in "-bin".</summary>
        /// <exception cref="ArgumentException">The key has another ending, or a forbidden character.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = Normalized(key);
            if (!IsBinary)
            {
                throw new ArgumentException($"The key of bytes ends in \"{BinaryHeaderSuffix}\".", nameof(key));
            }

            bytes = (byte[])valueBytes.Clone();
        }

        /// <summary>An entry with text; its key doesn't end in "-bin".</summary>
        /// <exception cref="ArgumentException">The key ends so, or has a character that isn't allowed.</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = Normalized(key);
            if (IsBinary)
            {
                throw new ArgumentException($"The key of a text doesn't end in \"{BinaryHeaderSuffix}\".", nameof(key));
            }

            text = value;
        }

        /// <summary>The key, in lower case.</summary>
        public string Key { get; }

        /// <summary>Whether this entry holds bytes.</summary>
        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <summary>The value.</summary>
        /// <exception cref="InvalidOperationException">This entry holds bytes.</exception>
        public string Value => text ?? throw new InvalidOperationException("Binary metadata has no text value.");

        /// <summary>A copy of the bytes; of a text, its ASCII bytes.</summary>
        public byte[] ValueBytes => bytes is null ? Encoding.ASCII.GetBytes(Value) : (byte[])bytes.Clone();

        /// <inheritdoc />
        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={Convert.ToHexString(bytes!)}]"
            : $"[Entry: key={Key}, value={text}]";

        private static string Normalized(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            var lower = key.ToLowerInvariant();
            return lower.Length > 0 && !lower.AsSpan().ContainsAnyExcept(KeyCharacters)
                ? lower
                : throw new ArgumentException(
                    $"Key \"{key}\" may hold letters, digits, underscores, hyphens and dots only.", nameof(key));
        }
    }
}
