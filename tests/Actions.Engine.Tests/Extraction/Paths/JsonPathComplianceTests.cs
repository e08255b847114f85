using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Tests.Extraction.Paths;

/// <summary>The JSONPath compliance test suite (RFC 9535), all of it.</summary>
public sealed class JsonPathComplianceTests
{
    private const int Cases = 703;
    private const int InvalidCases = 247;

    [Fact]
    public async Task EveryCase_SelectsAsTheRfcSaysOrIsRefused()
    {
        await using var file = Suites.Open("jsonpath-cts.json");
        using var suite = await JsonDocument.ParseAsync(file, cancellationToken: TestContext.Current.CancellationToken);
        var (selecting, refused, wrong) = (0, 0, new List<string>());
        foreach (var test in suite.RootElement.GetProperty("tests").EnumerateArray())
        {
            var invalid = test.TryGetProperty("invalid_selector", out var flag) && flag.GetBoolean();
            if (Judge(test, invalid) is { } complaint)
                wrong.Add($"{test.GetProperty("name").GetString()}: {test.GetProperty("selector").GetRawText()} {complaint}");
            else if (invalid)
                refused++;
            else
                selecting++;
        }

        Report.Write(
            "jsonpath.md",
            $"JSONPath compliance suite: {selecting + refused + wrong.Count} cases. {selecting} select and {refused} are refused "
            + $"as they should, {wrong.Count} are wrong.\n");
        wrong.ShouldBeEmpty();
        (selecting, refused).ShouldBe((Cases - InvalidCases, InvalidCases));
    }

    /// <returns>What is wrong with it, or null.</returns>
    private static string? Judge(JsonElement test, bool invalid)
    {
        JsonPath path;
        try
        {
            path = JsonPath.Parse(test.GetProperty("selector").GetString()!);
        }
        catch (SyntaxException e)
        {
            return invalid ? null : $"is refused: {e.Message}";
        }

        if (invalid)
            return "is not refused";
        var selected = JsonSerializer.SerializeToElement(path.Select(test.GetProperty("document")));
        // Where an object's members come in no order there are several right results.
        JsonElement[] allowed = test.TryGetProperty("results", out var several) ? [.. several.EnumerateArray()] : [test.GetProperty("result")];
        return allowed.Any(right => JsonElement.DeepEquals(selected, right)) ? null : $"selects {selected.GetRawText()}";
    }
}
