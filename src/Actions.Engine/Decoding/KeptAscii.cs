using System.Text;

namespace Actions.Engine.Decoding;

/// <summary>Replaces bytes that are no character by U+FFFD, and keeps an ASCII character among them.</summary>
internal sealed class KeptAscii : DecoderFallback
{
    public static KeptAscii Instance { get; } = new();

    // The bytes of the longest character, GB 18030's.
    public override int MaxCharCount => 4;

    public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer();

    private sealed class Buffer : DecoderFallbackBuffer
    {
        private string _text = "";
        private int _at;

        public override int Remaining => _text.Length - _at;

        public override bool Fallback(byte[] bytesUnknown, int index)
        {
            var ascii = bytesUnknown.Skip(1).Where(b => b < 0x80).Select(b => (char)b);
            (_text, _at) = ($"\ufffd{string.Concat(ascii)}", 0);
            return true;
        }

        public override char GetNextChar() => _at < _text.Length ? _text[_at++] : '\0';

        public override bool MovePrevious()
        {
            if (_at == 0)
                return false;
            _at--;
            return true;
        }

        public override void Reset() => (_text, _at) = ("", 0);
    }
}
