using System.Buffers.Binary;
using System.Text;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Masking;

/// <summary>
/// Masks an execution's secrets and sensitive variables in its output: in plain text, percent-encoding, form encoding,
/// JSON, HTML, hex, and base64 at any offset, which includes basic credentials.
/// </summary>
/// <remarks>
/// Booleans and values of fewer than <see cref="MinLength"/> characters aren't masked: they occur everywhere, and
/// masking them would reveal more than it hides.
/// </remarks>
internal sealed class SecretMask
{
    /// <summary>The text that replaces a secret.</summary>
    public const string Text = "MASKED";

    public const int MinLength = 4;

    // Indexed by their first four bytes, so that searching for thousands of values costs no more than for one.
    private readonly Dictionary<uint, List<Needle>> _needles = [];
    private readonly bool[] _begins = new bool[1 << 16];

    public SecretMask(IEnumerable<string> values)
    {
        foreach (var value in values.Where(value => value.Length >= MinLength).Distinct(StringComparer.Ordinal))
        {
            var bytes = Encoding.UTF8.GetBytes(value);
            Add(bytes, widen: 0);
            Add(Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)), widen: 0);
            Add(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)), widen: 0);
            for (var before = 0; before < 3; before++)
                AddBase64(bytes, before);
        }
    }

    public string Mask(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var masked = Mask(bytes);
        return masked == bytes ? text : Encoding.UTF8.GetString(masked);
    }

    /// <returns>The same array if there is nothing to mask.</returns>
    public byte[] Mask(byte[] text)
    {
        if (_needles.Count == 0)
            return text;
        var found = new List<(int Start, int End)>();
        foreach (var view in TextView.Of(text))
            Find(view, found);
        return found.Count == 0 ? text : Replace(text, found);
    }

    public Failure Mask(Failure failure)
    {
        failure.Message = Mask(failure.Message);
        failure.Detail = Mask(failure.Detail);
        return failure;
    }

    public Value? Mask(Value? value)
    {
        switch (value?.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                return Value.ForString(Mask(value.StringValue));
            case Value.KindOneofCase.NumberValue:
                var number = Variables.JsonValue.ToText(value);
                return Mask(number) == number ? value : Value.ForString(Text);
            case Value.KindOneofCase.StructValue:
                var masked = new Struct();
                foreach (var (name, field) in value.StructValue.Fields)
                    masked.Fields[Mask(name)] = Mask(field)!;
                return Value.ForStruct(masked);
            case Value.KindOneofCase.ListValue:
                return Value.ForList([.. value.ListValue.Values.Select(item => Mask(item)!)]);
            default:
                return value;
        }
    }

    /// <summary>Adds the part of the value's base64 form that doesn't depend on adjacent bytes.</summary>
    private void AddBase64(byte[] bytes, int before)
    {
        var text = Convert.ToBase64String([.. new byte[before], .. bytes]);
        var stable = text[((before * 8 + 5) / 6)..((before + bytes.Length) * 8 / 6)];
        // The first and last characters contain bits of the value and of the adjacent bytes.
        Add(Encoding.ASCII.GetBytes(stable), widen: 1);
        var forUrls = stable.Replace('+', '-').Replace('/', '_');
        if (forUrls != stable)
            Add(Encoding.ASCII.GetBytes(forUrls), widen: 1);
    }

    // Four characters are at least four bytes, in base64 too.
    private void Add(byte[] bytes, int widen)
    {
        var key = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (!_needles.TryGetValue(key, out var needles))
            _needles.Add(key, needles = []);
        // The first two bytes rule out most positions quickly.
        _begins[key & 0xFFFF] = true;
        needles.Add(new Needle(bytes, widen));
    }

    private void Find(TextView view, List<(int Start, int End)> found)
    {
        var text = view.Bytes.AsSpan();
        for (var at = 0; at + sizeof(uint) <= text.Length; at++)
        {
            if (!_begins[text[at] | (text[at + 1] << 8)])
                continue;
            if (!_needles.TryGetValue(BinaryPrimitives.ReadUInt32LittleEndian(text[at..]), out var needles))
                continue;
            foreach (var (bytes, widen) in needles)
            {
                if (!text[at..].StartsWith(bytes))
                    continue;
                var (first, end) = (at, at + bytes.Length);
                if (widen > 0)
                {
                    first -= first > 0 && IsBase64(text[first - 1]) ? widen : 0;
                    end += end < text.Length && IsBase64(text[end]) ? widen : 0;
                }

                found.Add(view.Source(first, end));
            }
        }
    }

    private static bool IsBase64(byte c) =>
        char.IsAsciiLetterOrDigit((char)c) || c is (byte)'+' or (byte)'/' or (byte)'-' or (byte)'_';

    private static byte[] Replace(byte[] text, List<(int Start, int End)> found)
    {
        var masked = new MemoryStream(text.Length);
        var (at, end) = (0, -1);
        foreach (var (start, stop) in found.Order())
        {
            // One mask for overlapping or adjacent matches.
            if (start > end)
            {
                masked.Write(text.AsSpan(at, start - at));
                masked.Write("MASKED"u8);
            }

            at = end = Math.Max(end, stop);
        }

        masked.Write(text.AsSpan(at));
        return masked.ToArray();
    }

    /// <param name="Widen">The number of adjacent base64 characters to mask on each side.</param>
    private readonly record struct Needle(byte[] Bytes, int Widen);
}
