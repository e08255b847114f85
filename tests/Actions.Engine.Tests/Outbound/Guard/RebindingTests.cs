using System.Net;
using System.Net.Sockets;
using Actions.Engine.Executions;
using Actions.Engine.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>A name whose owner answers with a good address for the judge and a bad one for whoever dials.</summary>
public sealed class RebindingTests
{
    private const int Flips = 1_000;
    private static readonly IPAddress Good = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress Bad = IPAddress.Parse("127.0.0.3");

    [Fact]
    public async Task NameThatFlips_NeverLeadsToTheAddressThatIsRefused()
    {
        using var good = new TcpListener(Good, 0);
        good.Start();
        using var bad = new TcpListener(Bad, ((IPEndPoint)good.LocalEndpoint).Port);
        bad.Start();
        // Whatever is asked, the next answer is another one.
        IPAddress[][] answers = [[Good], [Bad], [Good, Bad], [Bad, Good], [Good, Good, Bad], [Good]];
        var asked = 0;
        var network = new FakeNetwork(_ => answers[asked++ % answers.Length]);
        using var engine = new EngineUnderTest(
            guard: network.Guard(new OutboundOptions { AllowHttp = true, AllowedNetworks = $"{Good}/32" }));
        using var stop = new CancellationTokenSource();
        var served = ServeAsync(good, stop.Token);
        var plan = engine.Compile(Configs.Get($"http://flips.example:{((IPEndPoint)good.LocalEndpoint).Port}/"));

        var nothing = new ExecutionInput("tests", new Dictionary<string, Value>());
        // The engine's own patience is for one call.
        var token = TestContext.Current.CancellationToken;
        var (reached, blocked) = (0, 0);
        for (var i = 0; i < Flips; i++)
        {
            var outcome = await engine.Engine.ExecuteAsync(plan, nothing, token).LastAsync(token);
            if (outcome.Failure is { } failure)
                (failure.Reason, ++blocked).Item1.ShouldBe(FailureReason.BlockedAddress);
            else
                reached++;
        }

        bad.Pending().ShouldBeFalse();
        network.Dialled.ShouldAllBe(endPoint => endPoint.Address.Equals(Good));
        asked.ShouldBe(Flips);
        (reached, blocked).ShouldBe((333, 667));
        Report.Write("guard-rebinding.md", $"""
            ### A name that flips between a good and a bad address

            {Flips} calls: {reached} reached the good one, {blocked} refused, 0 connections to the bad one.

            """);
        await stop.CancelAsync();
        await served;
    }

    private static async Task ServeAsync(TcpListener listener, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(stop);
                await socket.ReceiveAsync(new byte[4_096], stop);
                await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"u8.ToArray(), stop);
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
