using Actions.Engine.Limits;
using Actions.Engine.Syntax;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>
/// Limits the values that are built from a response: it may be selected often, as a whole and in parts, and in memory a
/// value takes many times its bytes in a message.
/// </summary>
internal sealed class ValueBudget
{
    // So that the values of one event take some 40 MB of memory at most: an object takes some 500 bytes.
    private const int ScalarBytes = 16;
    private const int ListBytes = 32;
    private const int ObjectBytes = 64;

    private int _left = ContractLimits.MaxEventBytes;

    public void TakeScalar() => Take(ScalarBytes);

    /// <summary>A string, or the name of a member.</summary>
    public void TakeText(string text) => Take(ScalarBytes + text.Length);

    public Value TextOf(string text)
    {
        TakeText(text);
        return Value.ForString(text);
    }

    public void TakeList() => Take(ListBytes);

    public void TakeObject() => Take(ObjectBytes);

    /// <summary>A value that exists, such as a default.</summary>
    public void Take(Value value) => Take(value.CalculateSize());

    private void Take(int bytes)
    {
        _left -= bytes;
        if (_left < 0)
            throw new TooLargeException("selects more than fits into one message");
    }
}
