using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Actions.Engine.Decoding;

/// <summary>Finds a character encoding by the label that a response states.</summary>
internal static class Charsets
{
    // The names and labels of the WHATWG Encoding standard (encoding.spec.whatwg.org), each with .NET's code page. The
    // labels of the group "replacement" are left out: nothing can be read by them.
    private const string Labels = """
        65001 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8
        866 866 cp866 csibm866 ibm866
        28592 csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
        28593 csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3
        28594 csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
        28595 csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988
        28596 arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127
        28596 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987
        28597 csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987
        28597 sun_eu_greek
        28598 csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8
        28598 iso_8859-8:1988 visual
        38598 csiso88598i iso-8859-8-i logical
        10 csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6
        28603 iso-8859-13 iso8859-13 iso885913
        14 iso-8859-14 iso8859-14 iso885914
        28605 csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9
        16 iso-8859-16
        20866 cskoi8r koi koi8 koi8-r koi8_r
        21866 koi8-ru koi8-u
        10000 csmacintosh mac macintosh x-mac-roman
        874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874
        1250 cp1250 windows-1250 x-cp1250
        1251 cp1251 windows-1251 x-cp1251
        1252 ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1
        1252 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252
        1253 cp1253 windows-1253 x-cp1253
        1254 cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254
        1254 x-cp1254
        1255 cp1255 windows-1255 x-cp1255
        1256 cp1256 windows-1256 x-cp1256
        1257 cp1257 windows-1257 x-cp1257
        1258 cp1258 windows-1258 x-cp1258
        10017 x-mac-cyrillic x-mac-ukrainian
        54936 chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030
        950 big5 big5-hkscs cn-big5 csbig5 x-x-big5
        51932 cseucpkdfmtjapanese euc-jp x-euc-jp
        50220 csiso2022jp iso-2022-jp
        932 csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis
        949 cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949
        1201 unicodefffe utf-16be
        1200 csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le
        0 x-user-defined
        """;

    // The upper halves of the encodings of the standard that .NET doesn't have.
    private const string Latin6 =
        "\u00a0ĄĒĢĪĨĶ§ĻĐŠŦŽ\u00adŪŊ°ąēģīĩķ·ļđšŧž―ūŋĀÁÂÃÄÅÆĮČÉĘËĖÍÎÏÐŅŌÓÔÕÖŨØŲÚÛÜÝÞßāáâãäåæįčéęëėíîïðņōóôõöũøųúûüýþĸ";

    private const string Latin8 =
        "\u00a0Ḃḃ£ĊċḊ§Ẁ©ẂḋỲ\u00ad®ŸḞḟĠġṀṁ¶ṖẁṗẃṠỳẄẅṡÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏŴÑÒÓÔÕÖṪØÙÚÛÜÝŶßàáâãäåæçèéêëìíîïŵñòóôõöṫøùúûüýŷÿ";

    private const string Latin10 =
        "\u00a0ĄąŁ€„Š§š©Ș«Ź\u00adźŻ°±ČłŽ”¶·žčș»ŒœŸżÀÁÂĂÄĆÆÇÈÉÊËÌÍÎÏĐŃÒÓÔŐÖŚŰÙÚÛÜĘȚßàáâăäćæçèéêëìíîïđńòóôőöśűùúûüęțÿ";

    // .NET's own ASCII, by names that the standard doesn't have, loses each byte above ASCII.
    private const int Ascii = 20127;

    // The standard's windows-1252, whose five unassigned bytes are replaced. Every other byte has a character.
    private const string UpperOf1252 = "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ";

    private static readonly FrozenDictionary<string, int> CodePages = Labels.Split('\n')
        .Select(line => line.Trim().Split(' '))
        .SelectMany(words =>
            words.Skip(1).Select(label => (label, CodePage: int.Parse(words[0], CultureInfo.InvariantCulture))))
        .ToFrozenDictionary(entry => entry.label, entry => entry.CodePage, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads any byte: the fallback for text that isn't UTF-8 and says nothing else.</summary>
    public static Encoding Windows1252 { get; } =
        new SingleByteEncoding(UpperOf1252 + string.Concat(Enumerable.Range(0xA0, 0x60).Select(b => (char)b)));

    /// <returns>Null: the label is unknown, or can't be read by (UTF-7).</returns>
    public static Encoding? Find(string label)
    {
        label = label.Trim();
        if (CodePages.TryGetValue(label, out var page) || CodePages.TryGetValue(label.Replace('_', '-'), out page))
            return OfCodePage(page);
        try
        {
            // Labels beyond the standard, such as cp850, 936 or utf-32.
            var number = label.StartsWith("cp", StringComparison.OrdinalIgnoreCase)
                || label.StartsWith("ms", StringComparison.OrdinalIgnoreCase)
                ? label[2..]
                : label;
            return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out page) && page != 65000
                ? OfCodePage(page)
                : OfCodePage(
                    (CodePagesEncodingProvider.Instance.GetEncoding(label) ?? Encoding.GetEncoding(label)).CodePage);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static Encoding OfCodePage(int page) => page switch
    {
        0 => new SingleByteEncoding(string.Concat(Enumerable.Range(0xF780, 0x80).Select(unit => (char)unit))),
        10 => new SingleByteEncoding(C1 + Latin6),
        14 => new SingleByteEncoding(C1 + Latin8),
        16 => new SingleByteEncoding(C1 + Latin10),
        1252 or Ascii => Windows1252,
        _ => Forgiving(page),
    };

    /// <summary>
    /// The encoding with a broken character replaced, but not the ASCII character behind it: a text that was cut in two
    /// must not take the quote with it. So the Encoding standard decodes, too.
    /// </summary>
    private static Encoding Forgiving(int page) =>
        CodePagesEncodingProvider.Instance.GetEncoding(page, EncoderFallback.ReplacementFallback, KeptAscii.Instance)
        ?? Encoding.GetEncoding(page);

    private static string C1 => string.Concat(Enumerable.Range(0x80, 0x20).Select(b => (char)b));

    /// <summary>ASCII, and a character for each byte above it.</summary>
    private sealed class SingleByteEncoding(string upper) : Encoding
    {
        public override bool IsSingleByte => true;

        public override int GetByteCount(char[] chars, int index, int count) => count;

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetMaxByteCount(int charCount) => charCount;

        public override int GetMaxCharCount(int byteCount) => byteCount;

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)
        {
            for (var i = 0; i < charCount; i++)
            {
                var c = chars[charIndex + i];
                var at = c < 0x80 ? -1 : upper.IndexOf(c, StringComparison.Ordinal);
                bytes[byteIndex + i] = c < 0x80 ? (byte)c : at < 0 ? (byte)'?' : (byte)(0x80 + at);
            }

            return charCount;
        }

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
        {
            for (var i = 0; i < byteCount; i++)
            {
                var b = bytes[byteIndex + i];
                chars[charIndex + i] = b < 0x80 ? (char)b : upper[b - 0x80];
            }

            return byteCount;
        }
    }
}
