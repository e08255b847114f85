using System.Net;
using System.Net.Sockets;
using Actions.Engine.Outbound.Guard;

namespace Actions.Engine.Tests.Outbound.Guard;

public sealed class CheckCostTests
{
    [Fact]
    public async Task JudgingAName_FarBelowAMillisecond()
    {
        const int rounds = 1_000;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(rounds);
        var endPoint = (IPEndPoint)listener.LocalEndpoint;
        var rules = new OutboundRules(
            new OutboundOptions { AllowedNetworks = "10.0.0.0/8,192.168.0.0/16", AllowedHosts = "*.inside.example" }, Assert.Fail);
        var machine = new LocalAddresses(SystemNetwork.Instance, () => [5080, 5081], TimeProvider.System);
        var addresses = FakeNetwork.Addresses("2606:4700:4700::1111 2606:4700:4700::1001 1.1.1.1 1.0.0.1");
        var (judging, connecting) = (new List<TimeSpan>(rounds), new List<TimeSpan>(rounds));

        for (var i = 0; i < rounds; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            var host = UrlHost.Parse("api.shop.example");
            var refusal = rules.CheckUrl(isHttps: true, host, 443, machine) ?? rules.CheckAddresses(isHttps: true, host, 443, addresses, machine);
            judging.Add(TimeProvider.System.GetElapsedTime(began));
            refusal.ShouldBeNull();

            began = TimeProvider.System.GetTimestamp();
            await using var connection = await SystemNetwork.Instance.ConnectAsync(endPoint, TestContext.Current.CancellationToken);
            connecting.Add(TimeProvider.System.GetElapsedTime(began));
            using var accepted = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        }

        var (judge, connect) = (Median(judging), Median(connecting));
        Report.Write("guard-cost.md", FormattableString.Invariant($"""
            ### What the guard costs a new connection

            Judging a name and its four addresses: {judge.TotalMicroseconds:0.0} µs; connecting to this machine: {connect.TotalMicroseconds:0.0} µs (medians of {rounds}).
            A kept connection costs no look-up.

            """));
        judge.ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);
}
