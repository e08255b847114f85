using System.Text;
using System.Text.Json;
using Actions.Engine.Extraction;

namespace Actions.Engine.Tests.Extraction;

/// <summary>The JSONPath compliance test suite (RFC 9535), of which this version does members and indexes.</summary>
public sealed class JsonPathComplianceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task EveryCase_SelectsAsTheRfcSaysOrIsRefused()
    {
        await using var file = Suites.Open("jsonpath-cts.json");
        using var suite = await JsonDocument.ParseAsync(file, cancellationToken: TestContext.Current.CancellationToken);
        var judged = new Dictionary<Verdict, int>();
        var wrong = new StringBuilder();
        foreach (var test in suite.RootElement.GetProperty("tests").EnumerateArray())
        {
            var verdict = Judge(test);
            judged[verdict] = judged.GetValueOrDefault(verdict) + 1;
            if (verdict == Verdict.Wrong)
                wrong.AppendLine($"{test.GetProperty("name").GetString()}: {test.GetProperty("selector").GetRawText()}");
        }

        output.WriteLine(string.Join(", ", judged.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}: {pair.Value}")));
        wrong.ToString().ShouldBeEmpty();
        judged.Values.Sum().ShouldBe(703);
        // Pinned: a case that moves from one to the other is a decision.
        judged[Verdict.SelectsTheSame].ShouldBe(79);
        judged[Verdict.InvalidAndRefused].ShouldBe(247);
        judged[Verdict.NotSupportedYet].ShouldBe(377);
    }

    private static Verdict Judge(JsonElement test)
    {
        JsonPath path;
        try
        {
            path = JsonPath.Parse(test.GetProperty("selector").GetString()!);
        }
        catch (FormatException e)
        {
            if (test.TryGetProperty("invalid_selector", out _))
                return Verdict.InvalidAndRefused;
            return e.Message.Contains("doesn't support yet", StringComparison.Ordinal) ? Verdict.NotSupportedYet : Verdict.Wrong;
        }

        // Members and indexes leave no choice: such a case has one result, of one node at most.
        if (!test.TryGetProperty("result", out var result))
            return Verdict.Wrong;
        var selected = path.Select(test.GetProperty("document"));
        var same = result.GetArrayLength() == 0 ? selected is null : selected is { } node && JsonElement.DeepEquals(node, result[0]);
        return same && result.GetArrayLength() <= 1 ? Verdict.SelectsTheSame : Verdict.Wrong;
    }

    private enum Verdict
    {
        SelectsTheSame,
        InvalidAndRefused,
        NotSupportedYet,
        Wrong,
    }
}
