using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Apis;

/// <summary>The tables of docs/apis.md about responses, each row through a running server.</summary>
public sealed class ResponseTableTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Guide = "docs/apis.md";

    private readonly RunningServer _server = fixture.Server;

    public static TheoryData<string, int, string> Results() =>
        Rows("Status and body", "Encodings and charsets", "Fields");

    public static TheoryData<string, int, string> Failures() => Rows("Failures");

    [Theory]
    [MemberData(nameof(Results))]
    public async Task Row_ItsOutcome(string section, int number, string name)
    {
        var row = DocTable.Read(Guide, section)[number];
        await using var api = RawUpstream.AnsweringOnce(Response(row, section));
        var action = AnAction.Calling(api.Url);
        action.Results.Add(ResponseFields.Parse(row["fields"]));

        var outcome = await ExecuteAsync(action);

        if (!row["outcome"].StartsWith('{'))
        {
            var failure = outcome.Failure.ShouldNotBeNull($"{name}: {outcome}");
            failure.Reason.ToString().ToUpperInvariant().ShouldBe(
                row["outcome"].Replace("_", "", StringComparison.Ordinal), name);
            failure.Detail.ShouldContain(row["told"], Case.Sensitive, name);
            return;
        }

        var result = outcome.Result.ShouldNotBeNull($"{name}: {outcome}");
        ShouldBe(result.Variables, row["outcome"], name);
        if (row["told"].Length == 0)
            result.Warnings.ShouldBeEmpty(name);
        else
            result.Warnings.ShouldHaveSingleItem(name).Detail.ShouldContain(row["told"], Case.Sensitive, name);
        await InitializeShouldAgreeAsync(action, result, name);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task FailureRow_WhatTheApiSaid(string section, int number, string name)
    {
        var row = DocTable.Read(Guide, section)[number];
        await using var api = RawUpstream.AnsweringOnce(Response(row, section));
        var action = AnAction.Calling(api.Url);
        action.ErrorFields.Add(ResponseFields.Parse(row["error fields"]));

        var failure = (await ExecuteAsync(action)).Failure.ShouldNotBeNull(name);

        (failure.Reason, failure.ContentType).ShouldBe((FailureReason.HttpStatus, row["content type"]), name);
        failure.Detail.ShouldContain(row["told"], Case.Sensitive, name);
        ShouldBe(failure.Variables, row["outcome"], name);
        // The action selects no results, so the body is shown.
        failure.Body.ToByteArray().ShouldBe(
            row["header"].Contains("zstd", StringComparison.Ordinal) ? [] : row.Bytes("body"), name);
    }

    /// <summary>What Initialize offers of the same response, Execute selects as it was offered.</summary>
    private async Task InitializeShouldAgreeAsync(ActionConfig action, Result result, string name)
    {
        var response = await _server.Configs.InitializeAsync(
            new() { Draft = action }, cancellationToken: TestContext.Current.CancellationToken);
        var sample = response.Sample.ShouldNotBeNull(name);
        sample.StatusCode.ShouldBe(result.StatusCode, name);
        if (sample.Fields.Count == 0)
            return;
        var selecting = AnAction.Calling(action.Request.Url);
        selecting.Results.Add(sample.Fields.Select(field => new ResultField
        {
            Variable = field.SuggestedVariable,
            JsonPath = field.JsonPath,
            Xpath = field.Xpath,
            Source = field.Source,
            KeepNull = true,
            Required = true,
        }));
        var selected = (await ExecuteAsync(selecting)).Result.ShouldNotBeNull(name);
        foreach (var field in sample.Fields.Where(field => field.Value is not null))
            selected.Variables[field.SuggestedVariable].ShouldBe(
                field.Value, $"{name}: {field.JsonPath}{field.Xpath}{field.Source}");
    }

    private async Task<ExecutionEvent> ExecuteAsync(ActionConfig action) =>
        (await _server.ExecuteAsync(new() { Id = (await _server.CreateAsync(action)).Id }))[^1];

    private static TheoryData<string, int, string> Rows(params string[] sections)
    {
        var data = new TheoryData<string, int, string>();
        foreach (var section in sections)
            foreach (var (number, row) in DocTable.Read(Guide, section).Index())
                data.Add(section, number, row.ToString());
        return data;
    }

    private static void ShouldBe(IEnumerable<KeyValuePair<string, Value>> variables, string json, string name)
    {
        var actual = new Struct();
        foreach (var (variable, value) in variables)
            actual.Fields.Add(variable, value);
        JsonNode.DeepEquals(JsonNode.Parse(actual.ToString()), JsonNode.Parse(json)).ShouldBeTrue($"{name}\n{actual}");
    }

    private static byte[] Response(DocRow row, string section)
    {
        var encodings = section == "Encodings and charsets";
        var headers = section == "Failures" ? row.Bytes("header")
            : Encoding.UTF8.GetBytes(encodings ? $"Content-Encoding: {row["content encoding"]}" : "");
        var status = encodings || section == "Fields" ? "200" : row["status"];
        // A row about redirects that has no column for headers.
        if (section == "Status and body" && status == "302")
            headers = "Location: /elsewhere"u8.ToArray();
        var body = encodings ? Compress(row.Bytes("body"), row["really"]) : row.Bytes("body");
        var type = row["content type"].Length == 0 ? "" : $"Content-Type: {row["content type"]}\r\n";
        return
        [
            .. Encoding.UTF8.GetBytes($"HTTP/1.1 {status} Whatever\r\nConnection: close\r\n{type}"),
            .. headers,
            .. headers.Length == 0 ? [] : "\r\n"u8,
            .. Encoding.UTF8.GetBytes(status == "204" ? "\r\n" : $"Content-Length: {body.Length}\r\n\r\n"),
            .. body,
        ];
    }

    private static byte[] Compress(byte[] body, string codings)
    {
        foreach (var coding in codings.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            var compressed = new MemoryStream();
            using (Stream stream = coding switch
            {
                "gzip" => new GZipStream(compressed, CompressionLevel.Optimal),
                "br" => new BrotliStream(compressed, CompressionLevel.Optimal),
                "zlib" => new ZLibStream(compressed, CompressionLevel.Optimal),
                "deflate" => new DeflateStream(compressed, CompressionLevel.Optimal),
                _ => throw new ArgumentException(coding),
            })
                stream.Write(body);
            body = compressed.ToArray();
        }

        return body;
    }
}
