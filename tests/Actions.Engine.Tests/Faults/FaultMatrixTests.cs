using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound;
using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>Every way in which an API can fail, one execution each.</summary>
[Collection(nameof(RealTime))]
public sealed class FaultMatrixTests(FaultReport report) : IClassFixture<FaultReport>
{
    private const int Tries = 5;
    private const long Cap = ContractLimits.DefaultResponseBodyBytes;
    private const long Mebibyte = 1 << 20;
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <summary>What the requirement names, without what <see cref="ToxicFaults"/> has for every toxic.</summary>
    private static readonly string[] Required =
    [
        "refused", "unroutable", "reset", "closed early", "TLS expired", "TLS wrong name", "TLS self-signed",
        "TLS handshake stalled", "headers never", "headers one byte a second", "1 MiB of headers", "body dripping",
        "body cut before Content-Length", "body endless", "chunk sizes broken", "gzip bomb", "brotli bomb", "gzip broken",
        "JSON 100,000 deep", "JSON cut", "JSON with a BOM", "invalid UTF-8", "1xx storm", "redirect loop",
        "redirect without Location", "HTTP/2 GOAWAY", "HTTP/2 RST", "HTTP/0.9",
        "latency", "bandwidth", "slow close", "time-out", "reset by the network", "slicer", "limit",
    ];

    public static TheoryData<string> Cases => new(FaultMatrix.Cases.Select(fault => fault.Name));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Fault_OneTerminalEventWithTheRightReasonInTimeAndInMemory(string name)
    {
        var fault = FaultMatrix.Cases.Single(fault => fault.Name == name);
        await using var played = fault.Play();
        var (inTime, inMemory) = (false, false);
        for (var attempt = 1; !(inTime && inMemory); attempt++)
        {
            using var engine = new FaultEngine();
            var plan = engine.Compile(fault, played.Url);
            // What is allocated in all is more than what is held at once, and costs nothing to know. A body without end
            // makes it grow with every read, though, and more of them the busier the machine is: what is held, then.
            using var held = attempt > 1 && inTime ? new HeldMemory() : null;
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var told = await engine.RunAsync(plan, TestContext.Current.CancellationToken);
            var bytes = held?.Most() ?? GC.GetTotalAllocatedBytes(precise: true) - before;

            told.IsStory.ShouldBeTrue(string.Join('\n', told.Events));
            inMemory |= bytes <= Cap + Mebibyte;
            // Looking at what is held takes time: everything else was looked at before.
            if (held is null)
            {
                report.Add(fault, told, bytes);
                told.Reason.ShouldBe(fault.Reason, told.Detail);
                told.LeavesOutcomeUnknown.ShouldBe(LeavesUnknown(fault, told), told.Detail);
                inTime |= told.Took <= fault.Timeout + Grace;
            }

            // The machine may be busy with others, and .NET allocates once what it keeps: both pass, and a fault
            // doesn't.
            if (attempt == Tries)
            {
                inTime.ShouldBeTrue($"{told.Took}, with a time-out of {fault.Timeout}");
                inMemory.ShouldBeTrue($"{bytes} bytes, with a cap of {Cap}");
            }
        }
    }

    /// <summary>Connections are made and shared for whoever asks first: the others must not fail with them.</summary>
    [Theory]
    [InlineData("refused")]
    [InlineData("unroutable")]
    [InlineData("reset in the handshake")]
    [InlineData("TLS handshake stalled")]
    [InlineData("HTTP/2 headers never")]
    [InlineData("HTTP/2 closed before the headers")]
    [InlineData("HTTP/2 GOAWAY before the headers")]
    [InlineData("HTTP/2 GOAWAY of nothing processed")]
    [InlineData("HTTP/2 REFUSED_STREAM")]
    public async Task SeveralCallsAtOnceWithDifferentTimeouts_EachEndsAsIfAlone(string name)
    {
        var fault = FaultMatrix.Cases.Single(fault => fault.Name == name);
        await using var played = fault.Play();
        using var engine = new FaultEngine();
        var step = fault.Reason == FailureReason.Timeout ? fault.Timeout / 4 : fault.Timeout;
        var timeouts = Enumerable.Range(1, 8).Select(nth => nth * step).ToList();

        for (var attempt = 1; ; attempt++)
        {
            var told = await Task.WhenAll(timeouts.Select(
                timeout => engine.RunAsync(engine.Compile(fault, played.Url, timeout), TestContext.Current.CancellationToken)));

            told.ShouldAllBe(each => each.IsStory && each.Reason == fault.Reason);
            var late = told.Select(each => each.Took).Zip(timeouts).Where(each => each.First > each.Second + Grace).ToList();
            if (fault.Reason != FailureReason.Timeout || late.Count == 0)
                return;
            attempt.ShouldBeLessThan(Tries, string.Join(", ", late));
        }
    }

    [Fact]
    public void Matrix_NamesEachCaseOnceAndLeavesOutNothingRequired()
    {
        var names = FaultMatrix.Cases.Select(fault => fault.Name).ToList();

        names.ShouldBeUnique();
        Required.Except(names.Concat(FaultMatrix.Rows.Select(row => row.Fault))).ShouldBeEmpty();
    }

    private static bool LeavesUnknown(Case fault, Told told) => FaultMatrix.PhaseOf(fault) switch
    {
        _ when told.Reason is null || fault.SaysNothingWasDone => false,
        // The kernel connects before the API accepts: the request may be on its way when the connection ends.
        Phase.Connect => told.Stage > FailureStage.Tls,
        var phase => phase > Phase.Tls,
    };
}
