using System.Globalization;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Errors;

/// <summary>Whatever bytes come as a message: an answer or a refusal that says why, never a fault of the
/// server.</summary>
public sealed class MessageFuzzTests
{
    private static readonly byte[][] Words =
    [
        [0x00], [0x08], [0x0a], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x0b], [0x0c], [0x7f], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x12, 0x00], [0xed, 0xa0, 0x80], [0xf8, 0x3f, 0x01], "{a}"u8.ToArray(), "$..*"u8.ToArray(),
        "2xx"u8.ToArray(), "http://"u8.ToArray(),
    ];

    [Fact]
    public async Task AnyMessage_IsAnsweredOrRefusedWithAReason()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync(new() { ["Limits:CallsPerSecond"] = "100000", ["Limits:Burst"] = "100000" });
        var stored = await server.CreateAsync(AnAction.Calling(upstream.Url));
        var untouched = await server.CreateAsync(AnAction.Calling(upstream.Url));
        var complete = AnAction.Complete();
        // By the kind of message: to write with, and to call with. (A mutated draft would call anywhere.)
        (string Method, byte[][] Corpus)[] targets =
        [
            ("actions.v1.ActionConfigService/CreateActionConfig",
                [new CreateActionConfigRequest { ActionConfig = complete, ValidateOnly = true }.ToByteArray(), new CreateActionConfigRequest { ActionConfig = complete }.ToByteArray()]),
            ("actions.v1.ActionConfigService/UpdateActionConfig",
                [new UpdateActionConfigRequest { ActionConfig = new(complete) { Id = stored.Id }, UpdateMask = new() { Paths = { "labels", "messages.start_message" } } }.ToByteArray()]),
            ("actions.v1.ActionConfigService/ListActionConfigs",
                [new ListActionConfigsRequest { PageSize = 3, NamePrefix = "A", Labels = { ["team"] = "shop" }, PageToken = "AAAA" }.ToByteArray()]),
            ("actions.v1.ActionService/Execute",
                [new ExecuteRequest { Id = stored.Id, CallId = "c", Variables = { ["a"] = Value.ForString("b"), ["n"] = Value.ForNumber(1) } }.ToByteArray()]),
            ("actions.v1.ApiKeyService/RevokeApiKey", [new RevokeApiKeyRequest { Id = "x" }.ToByteArray()]),
        ];
        var mutators = targets.Select(target => new Mutator(target.Corpus, Words, FuzzRun.Seed)).ToArray();

        var turn = 0;
        await FuzzRun.PlayAsync("messages", new Mutator([[0]], [[0]], FuzzRun.Seed), async _ =>
        {
            var at = turn++ % targets.Length;
            var message = mutators[at].Next();
            var trailers = await RawCall.TrailersAsync(server.GrpcAddress, targets[at].Method, RawCall.Frame(message));
            var code = (StatusCode)int.Parse(trailers.ShouldHaveSingleItemNamed("grpc-status"), CultureInfo.InvariantCulture);
            var what = $"{targets[at].Method} {Convert.ToBase64String(message)}";
            if (code == StatusCode.OK)
                return true;

            // What is no protobuf at all is INTERNAL by gRPC's rule, and says PROTOCOL; a fault would say INTERNAL.
            var details = trailers.ShouldHaveSingleItemNamed("grpc-status-details-bin");
            var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '=')));
            var reason = status.Details[0].Unpack<Google.Rpc.ErrorInfo>().Reason;
            reason.ShouldNotBe("ERROR_REASON_INTERNAL", what);
            if (code == StatusCode.Internal)
                reason.ShouldBe("ERROR_REASON_PROTOCOL", what);
            return false;
        });

        server.Log.ShouldAllBe(line => !line.Contains(" failed with an internal error, id "));
        (await server.ExecuteAsync(new() { Id = untouched.Id }))[^1].Result.StatusCode.ShouldBe(200);
    }
}
