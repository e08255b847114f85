using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.Engine.Tests.Rehearsals.Rehearsal;

namespace Actions.Engine.Tests.Rehearsals;

/// <summary>What no API could do is refused before the stream begins, with the path of its field.</summary>
public sealed class SimulationCheckTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public static TheoryData<string, SimulatedAttempt[]> Impossible => new()
    {
        { "simulate.attempts", [] },
        { "simulate.attempts", [.. Enumerable.Repeat(new SimulatedAttempt(), 6)] },
        { "simulate.attempts[1].latency", [new(), After(300_001, Status(200))] },
        { "simulate.attempts[0].latency", [After(-1, Status(200))] },
        { "simulate.attempts[0].fault", [After(0, SimulatedFault.Unspecified)] },
        { "simulate.attempts[0].fault", [After(0, (SimulatedFault)99)] },
        { "simulate.attempts[0].response.status", [After(0, Status(199))] },
        { "simulate.attempts[0].response.status", [After(0, Status(600))] },
        { "simulate.attempts[0].response.headers[1].name", [After(0, Status(200, ("A", ""), ("no name", "")))] },
        { "simulate.attempts[0].response.headers[0].name", [After(0, Status(200, (new string('x', 129), "")))] },
        { "simulate.attempts[0].response.headers[0].name", [After(0, Status(200, ("content-length", "5")))] },
        { "simulate.attempts[0].response.headers[0].value", [After(0, Status(200, ("A", "b\r\nc")))] },
        { "simulate.attempts[0].response.headers[0].value", [After(0, Status(200, ("A", new string('x', 8_001))))] },
        { "simulate.attempts[0].response.headers", [After(0, Status(200, [.. Enumerable.Repeat(("A", ""), 65)]))] },
    };

    public void Dispose() => _engine.Dispose();

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Impossible_RefusedWithItsField(string field, SimulatedAttempt[] attempts) =>
        Refused(attempts, dryRun: false).ShouldBe([field]);

    [Fact]
    public void WithADryRun_Refused() => Refused([new()], dryRun: true).ShouldBe(["simulate"]);

    private IEnumerable<string> Refused(SimulatedAttempt[] attempts, bool dryRun)
    {
        var input = new ExecutionInput("tests", new Dictionary<string, Value>(), DryRun: dryRun)
        {
            Simulation = new() { Attempts = { attempts } },
        };
        var plan = _engine.Compile(Configs.Get("http://127.0.0.1:9009/"));
        return Should.Throw<InvalidFieldsException>(() => _engine.Engine.ExecuteAsync(plan, input, _engine.Token))
            .Violations.Select(violation => violation.Field);
    }
}
