using System.Text;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Apis;

/// <summary>The encodings in which an API repeats what it was sent, as docs/apis.md lists them.</summary>
public sealed class MaskedValueTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Guide = "docs/apis.md";
    private const string Section = "Values that are masked";

    public static TheoryData<string> Encodings => [.. DocTable.Read(Guide, Section).Select(row => row["encoding"])];

    [Theory]
    [MemberData(nameof(Encodings))]
    public async Task Echo_MaskedInTheSampleAndInTheStore(string encoding)
    {
        var row = DocTable.Read(Guide, Section).Single(row => row["encoding"] == encoding);
        var answer = row.Bytes("the API answers");
        var head = $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {answer.Length}\r\n\r\n";
        await using var api = RawUpstream.AnsweringOnce((byte[])[.. Encoding.ASCII.GetBytes(head), .. answer]);
        var action = AnAction.Calling(api.Url);
        action.Authentication = new() { BearerToken = new() { Token = new() { Plaintext = "hunter2-key" } } };
        action.ResponsePolicy = new() { KeepBodies = true };
        foreach (var (name, type) in ((string, VariableType)[])
        [
            ("card", VariableType.String), ("who", VariableType.Json), ("short", VariableType.String),
            ("yes", VariableType.Boolean), ("few", VariableType.Integer),
        ])
            action.Variables.Add(new Variable { Name = name, Type = type, Sensitive = true });
        action = await fixture.Server.CreateAsync(action);

        var response = await fixture.Server.Configs.InitializeAsync(
            new()
            {
                Id = action.Id,
                Variables =
                {
                    ["card"] = Value.ForString("4711 & \"co\""),
                    ["who"] = Value.Parser.ParseJson("""{"ann-smith": {"iban": "DE89"}}"""),
                    ["short"] = Value.ForString("abc"),
                    ["yes"] = Value.ForBool(true),
                    ["few"] = Value.ForNumber(12),
                },
            },
            cancellationToken: TestContext.Current.CancellationToken);

        response.Sample.Body.ToStringUtf8().ShouldBe(Encoding.UTF8.GetString(row.Bytes("the sample shows")));
        (await fixture.Server.GetAsync(action.Id)).Sample.Body.ShouldBe(response.Sample.Body);
    }
}
