using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Demo;

/// <summary>A caller's question, the action that answers it, and the events that must be received.</summary>
internal sealed record PhoneCall(
    string Caller,
    string Question,
    ActionConfig Action,
    IReadOnlyDictionary<string, Value> Variables,
    IReadOnlyList<ReceivedEvent> Expected)
{
    /// <summary>Said into the first filler. Empty: the caller listens to the end.</summary>
    public string Interruption { get; init; } = "";

    // Timers have a resolution of milliseconds; the clock that measures them is finer.
    private static readonly TimeSpan TimerGrain = TimeSpan.FromMilliseconds(10);

    /// <summary>Compares events, without fields that differ in each run. The time of an expected event is its
    /// earliest.</summary>
    public void Check(IReadOnlyList<ReceivedEvent> received)
    {
        if (!received.Select(e => e.Kind).SequenceEqual(Expected.Select(e => e.Kind)))
            throw Deviation(Kinds(Expected), Kinds(received));

        foreach (var (index, (expected, actual)) in Expected.Zip(received).Index())
        {
            if (actual.Event.Sequence != index + 1)
                throw Deviation($"sequence {index + 1}", $"sequence {actual.Event.Sequence}");
            if (actual.At < expected.At - TimerGrain)
                throw Deviation($"{expected.Kind} at {expected.At} or later", $"{actual.Kind} at {actual.At}");
            if (!Essence(actual.Event).Equals(expected.Event))
                throw Deviation($"{expected.Event}", $"{Essence(actual.Event)}");
        }
    }

    /// <summary>Compares the events of the same execution again: the Result is there at once, and the API isn't
    /// called.</summary>
    public void CheckRepeat(IReadOnlyList<ReceivedEvent> received)
    {
        var result = Expected[^1].Event.Clone();
        result.Result.Replayed = true;
        if (received.Count == 0 || !Essence(received[^1].Event).Equals(result))
            throw Deviation($"{result}", string.Join(", ", received.Select(e => Essence(e.Event))));
    }

    private static ExecutionEvent Essence(ExecutionEvent received)
    {
        var essence = received.Clone();
        essence.Sequence = 0;
        essence.Elapsed = null;
        essence.Result?.ContentType = "";
        essence.Result?.ReplayedExecutionId = "";
        essence.Failure?.Detail = "";
        essence.Failure?.ContentType = "";
        essence.Failure?.Body = Google.Protobuf.ByteString.Empty;
        return essence;
    }

    private static string Kinds(IEnumerable<ReceivedEvent> events) => string.Join(", ", events.Select(e => e.Kind));

    private DemoFailedException Deviation(string expected, string actual) =>
        new($"\"{Action.Name}\" did not go as expected.\n  expected  {expected}\n  got       {actual}");
}
