using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace Actions.Engine.Tests.Execution;

/// <summary>One random execution. Times are in milliseconds.</summary>
/// <param name="Api">What the API does in the end.</param>
/// <param name="IgnoresCancellation">The API doesn't stop when it is told to.</param>
/// <param name="HeadersAfter">Since it was called.</param>
/// <param name="BodyAfter">Since the headers.</param>
/// <param name="TimeoutAfter">The action's time-out.</param>
/// <param name="Threshold">Null: no delay is ever told.</param>
/// <param name="Repeat">Null: one delay only.</param>
/// <param name="Busy">How long the consumer is busy before it asks for each event; it asks for the rest at
/// once.</param>
/// <param name="CancelAt">Null: never.</param>
/// <param name="LeaveAfter">After how many events the consumer leaves; null: it stays to the end.</param>
internal sealed record Scenario(
    ApiDoes Api,
    bool IgnoresCancellation,
    int HeadersAfter,
    int BodyAfter,
    int TimeoutAfter,
    int? Threshold,
    int? Repeat,
    ImmutableArray<int> Busy,
    int? CancelAt,
    int? LeaveAfter)
{
    // Half of all moments lie on a coarse grid, so that many fall together.
    private static Gen<int> Moment { get; } = Gen.OneOf(Gen.Choose(0, 30).Select(i => i * 50), Gen.Choose(0, 1_500));

    public static Arbitrary<Scenario> Any { get; } = Arb.From(
        from api in Gen.Frequency(
            (6, Gen.Constant(ApiDoes.Succeed)), (2, Gen.Constant(ApiDoes.AnswerWithAnError)), (2, Gen.Constant(ApiDoes.BreakTheConnection)),
            (1, Gen.Constant(ApiDoes.BreakTheBody)), (2, Gen.Constant(ApiDoes.NeverAnswer)), (1, Gen.Constant(ApiDoes.NeverEndTheBody)))
        from ignores in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        from headers in Gen.Frequency((1, Gen.Constant(0)), (3, Gen.Choose(0, 300)), (3, Moment))
        from body in Gen.Frequency((2, Gen.Constant(0)), (1, Gen.Choose(0, 300)), (1, Moment))
        from timeout in Moment.Where(moment => moment >= 100)
        from threshold in Gen.Frequency((1, Gen.Constant<int?>(null)), (5, Moment.Where(moment => moment > 0).Select(moment => (int?)moment)))
        from repeat in Gen.Frequency((1, Gen.Constant<int?>(null)), (3, Gen.Choose(2, 8).Select(i => (int?)(i * 50))))
        from busy in Gen.ListOf(Gen.Frequency((6, Gen.Constant(0)), (2, Gen.Choose(1, 100)), (1, Moment)), 8)
        from cancel in Gen.Frequency((3, Gen.Constant<int?>(null)), (1, Moment.Select(moment => (int?)moment)))
        from leave in Gen.Frequency((6, Gen.Constant<int?>(null)), (1, Gen.Choose(0, 4).Select(events => (int?)events)))
        select new Scenario(
            api, ignores, headers, body, timeout, threshold, threshold is null ? null : repeat, [.. busy], cancel, leave),
        Simpler);

    public override string ToString() =>
        $"{Api}{(IgnoresCancellation ? " (ignoring cancellation)" : "")}, headers after {HeadersAfter}, body after {BodyAfter}, "
        + $"time-out {TimeoutAfter}, threshold {Threshold}, repeat {Repeat}, busy [{string.Join(' ', Busy)}], cancel at {CancelAt}, leave after {LeaveAfter}";

    private static IEnumerable<Scenario> Simpler(Scenario scenario)
    {
        if (scenario.CancelAt is not null)
            yield return scenario with { CancelAt = null };
        if (scenario.LeaveAfter is not null)
            yield return scenario with { LeaveAfter = null };
        if (scenario.Repeat is not null)
            yield return scenario with { Repeat = null };
        if (scenario.Threshold is not null)
            yield return scenario with { Threshold = null, Repeat = null };
        if (scenario.IgnoresCancellation)
            yield return scenario with { IgnoresCancellation = false };
        if (scenario.BodyAfter > 0)
            yield return scenario with { BodyAfter = 0 };
        if (!scenario.Busy.IsEmpty)
            yield return scenario with { Busy = scenario.Busy[..^1] };
        for (var i = 0; i < scenario.Busy.Length; i++)
            if (scenario.Busy[i] > 0)
                yield return scenario with { Busy = scenario.Busy.SetItem(i, 0) };
    }
}
