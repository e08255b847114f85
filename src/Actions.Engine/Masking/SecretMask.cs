using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Masking;

/// <summary>
/// Masks an execution's secrets and sensitive variables in its output, in plain text and in the encodings of
/// <see cref="TextViews"/>.
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

    // Null: there is nothing to mask.
    private readonly SecretIndex? _secrets;

    public SecretMask(IEnumerable<string> values)
    {
        var secrets = values.Where(value => value.Length >= MinLength).ToHashSet(StringComparer.Ordinal);
        _secrets = secrets.Count == 0 ? null : new SecretIndex(secrets);
    }

    public string Mask(string text, bool isCut = false)
    {
        if (_secrets is null || text.Length < MinLength)
            return text;
        // A decoder writes the replacement character for a character that is cut.
        var bytes = Encoding.UTF8.GetBytes(isCut ? text.TrimEnd('\uFFFD') : text);
        var masked = Mask(bytes, isCut);
        return masked == bytes ? text : Encoding.UTF8.GetString(masked);
    }

    /// <param name="text">UTF-8, or any bytes.</param>
    /// <param name="isCut">The text continues, and the rest isn't known: what may be the first part of a secret at its
    /// end is masked as well.</param>
    /// <returns>The same array if there is nothing to mask.</returns>
    public byte[] Mask(byte[] text, bool isCut = false)
    {
        if (_secrets is null || text.Length < MinLength)
            return text;
        var covered = new Coverage(text.Length);
        foreach (var view in TextViews.Of(text, isCut))
            Find(_secrets, view, isCut, covered);
        return covered.IsEmpty ? text : Replace(text, covered);
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

    /// <summary>Whether the value can't be seen any more where it is masked: no part of it is too short to
    /// mask.</summary>
    public static bool CanHide(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => value.StringValue.Length is 0 or >= MinLength,
        Value.KindOneofCase.NumberValue => Variables.JsonValue.ToText(value).Length >= MinLength,
        Value.KindOneofCase.BoolValue => false,
        Value.KindOneofCase.StructValue => value.StructValue.Fields.Values.All(CanHide),
        Value.KindOneofCase.ListValue => value.ListValue.Values.All(CanHide),
        _ => true,
    };

    private static void Find(SecretIndex secrets, TextView view, bool isCut, Coverage covered)
    {
        var text = view.Bytes;
        ulong[]? hashes = null;
        HashSet<uint>? beginnings = null;
        covered.BeginView();
        for (var at = 0; at + SecretIndex.MinBytes <= text.Length; at++)
        {
            if (!secrets.MayBeginWith(text[at..]))
                continue;
            if (hashes is null)
            {
                hashes = ArrayPool<ulong>.Shared.Rent(text.Length + 1);
                RollingHash.OfBeginnings(text, hashes);
            }

            if (isCut)
                (beginnings ??= []).Add(BinaryPrimitives.ReadUInt32LittleEndian(text[at..]));
            if (secrets.LongestAt(hashes, at, text.Length) is > 0 and var length)
                covered.Add(view.Source(at, at + length));
        }

        if (hashes is null)
            return;
        if (beginnings is not null && secrets.PartAtEnd(hashes, text.Length, beginnings) is > 0 and var part)
            covered.AddToEnd(view.Source(text.Length - part, text.Length).Start);
        ArrayPool<ulong>.Shared.Return(hashes);
    }

    private static byte[] Replace(byte[] text, Coverage covered)
    {
        var masked = new MemoryStream(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var (end, isSecret) = covered.RunAt(at);
            // One mask for overlapping or adjacent secrets.
            masked.Write(isSecret ? "MASKED"u8 : text.AsSpan(at, end - at));
            at = end;
        }

        return masked.ToArray();
    }

    /// <summary>The positions of a text that belong to secrets. As large as the text, however many there are.</summary>
    private sealed class Coverage(int length)
    {
        private readonly bool[] _covered = new bool[length];
        private int _viewEnd;

        public bool IsEmpty { get; private set; } = true;

        /// <summary>Within a view, the secrets are found in the order of their beginnings.</summary>
        public void BeginView() => _viewEnd = 0;

        public void Add((int Start, int End) secret)
        {
            if (secret.End <= _viewEnd)
                return;
            // No position twice, or many long secrets that overlap would take their product.
            _covered.AsSpan(Math.Max(secret.Start, _viewEnd)..secret.End).Fill(true);
            (_viewEnd, IsEmpty) = (secret.End, false);
        }

        public void AddToEnd(int start)
        {
            _covered.AsSpan(start).Fill(true);
            IsEmpty = false;
        }

        public (int End, bool IsSecret) RunAt(int at)
        {
            var next = _covered.AsSpan(at).IndexOf(!_covered[at]);
            return (next < 0 ? _covered.Length : at + next, _covered[at]);
        }
    }
}
