using System.Text.Json;
using Actions.Engine.Limits;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.Engine.Tests.Variables;

namespace Actions.Engine.Tests.Templates;

/// <summary>
/// The web platform's URL tests. They are written for browsers, which repair what is broken; here a URL is refused
/// unless it can be sent as it is written.
/// </summary>
public sealed class UrlSuiteTests(ITestOutputHelper output)
{
    [Fact]
    public async Task EveryHttpUrl_RefusedOrInItsFinalForm()
    {
        await using var file = Suites.Open("wpt-urltestdata.json");
        using var suite = await JsonDocument.ParseAsync(file, cancellationToken: TestContext.Current.CancellationToken);
        var (refused, accepted) = (0, 0);
        foreach (var test in suite.RootElement.EnumerateArray().Where(test => test.ValueKind == JsonValueKind.Object))
        {
            if (InputOf(test) is not { } input || !input.StartsWith("http", StringComparison.OrdinalIgnoreCase))
                continue;
            if (Render(input) is not { } rendered)
            {
                refused++;
                continue;
            }

            accepted++;
            Render(rendered).ShouldBe(rendered, input);
            rendered.ShouldAllBe(c => c > ' ' && c < '\u007f', input);
        }

        output.WriteLine($"{accepted} accepted, {refused} refused");
        (accepted + refused).ShouldBe(389);
        accepted.ShouldBe(81);
    }

    /// <summary>Some inputs are half surrogate pairs, which no text can hold.</summary>
    private static string? InputOf(JsonElement test)
    {
        try
        {
            return test.GetProperty("input").GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Render(string url)
    {
        try
        {
            return UrlTemplate.Parse(url.Replace("{", @"\{", StringComparison.Ordinal).Replace("<", @"\<", StringComparison.Ordinal))
                .Render(Bound.Texts(), [], limit: 100_000, new Violations()).OriginalString;
        }
        catch (SyntaxException)
        {
            return null;
        }
    }
}
