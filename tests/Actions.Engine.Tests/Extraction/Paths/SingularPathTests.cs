using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Tests.Extraction.Paths;

/// <summary>
/// Singular queries are followed without lists: they select what the general evaluation selects, for the same work.
/// </summary>
public sealed class SingularPathTests
{
    private const int Documents = 300;
    private const int PathsPerDocument = 12;
    private const int LongestName = 300;

    // A long name is unescaped once for all queries of a document, and a short one each time.
    private static readonly string[] Names = ["a", "b", "", "\u00e4", "\ud83d\ude00", "a\"b", new('n', LongestName)];

    [Fact]
    public void GeneratedDocumentsAndPaths_SelectTheSameAsTheGeneralEvaluation()
    {
        var random = new SeededNumbers(FuzzRun.Seed);
        var found = 0;
        for (var i = 0; i < Documents; i++)
        {
            using var document = JsonDocument.Parse(Node(random, depth: 0));
            var root = document.RootElement;
            // As the fields of a response: what one query finds out is there for the next.
            var shared = new Evaluation(root, new WorkBudget());
            for (var j = 0; j < PathsPerDocument; j++)
            {
                var steps = Enumerable.Range(0, random.Next(0, 4)).Select(_ => Step(random)).ToArray();
                var text = $"${string.Concat(steps.Select(step => $"[{Written(step)}]"))}";
                var path = JsonPath.Parse(text);
                path.IsSingular.ShouldBeTrue();

                var only = path.SelectOnlyFrom(root, shared);

                RawOf(only).ShouldBe(RawOf(path.Select(root).Cast<JsonElement?>().SingleOrDefault()), text);
                RawOf(only).ShouldBe(RawOf(Follow(root, steps)), text);
                found += only is null ? 0 : 1;
                SpendTheSame(root, path);
            }
        }

        found.ShouldBeInRange(Documents, Documents * PathsPerDocument - Documents);
    }

    [Theory]
    [InlineData("$.list[?@.a == 1].b", "[2]")]
    [InlineData("$.list[?@['a'] == $.one].b", "[2]")]
    [InlineData("$.list[?@.c.d[-1] == 7].b", "[3]")]
    [InlineData("$.list[?value(@..d) == @.c.d].b", "[3]")]
    [InlineData("$.list[?@.missing == @.also_missing].b", "[2,3]")]
    public void SingularQueryInAFilter_IsItsOnlyNode(string path, string selected)
    {
        using var document = JsonDocument.Parse(
            """{"one":1,"list":[{"a":1,"b":2,"d":0},{"a":2,"b":3,"c":{"d":[5,7]}}]}""");

        var nodes = JsonPath.Parse(path).Select(document.RootElement);

        $"[{string.Join(',', nodes.Select(node => node.GetRawText()))}]".ShouldBe(selected);
    }

    /// <summary>Both give up at the same point, however small the budget is.</summary>
    private static void SpendTheSame(JsonElement root, JsonPath path)
    {
        for (var steps = 0; steps < 8; steps++)
        {
            GivesUp(() => path.SelectOnlyFrom(root, new Evaluation(root, new WorkBudget(steps))))
                .ShouldBe(GivesUp(() => path.Select(root, new WorkBudget(steps))));
        }
    }

    private static bool GivesUp(Action select)
    {
        try
        {
            select();
            return false;
        }
        catch (SyntaxException)
        {
            return true;
        }
    }

    /// <summary>What the standard says, in the simplest way; of several members of a name, the last.</summary>
    private static JsonElement? Follow(JsonElement node, object[] steps)
    {
        foreach (var step in steps)
        {
            JsonElement? child = null;
            if (step is string name && node.ValueKind == JsonValueKind.Object)
                child = node.EnumerateObject().Where(member => member.Name == name)
                    .Select(member => (JsonElement?)member.Value).LastOrDefault();
            else if (step is int index && node.ValueKind == JsonValueKind.Array)
                child = node.EnumerateArray().Cast<JsonElement?>()
                    .ElementAtOrDefault(index < 0 ? node.GetArrayLength() + index : index);
            if (child is null)
                return null;
            node = child.Value;
        }

        return node;
    }

    private static string? RawOf(JsonElement? node) => node?.GetRawText();

    private static object Step(SeededNumbers random) =>
        random.Next(3) == 0 ? random.Next(-3, 4) : random.Pick(Names);

    private static string Written(object step) => step is string name
        ? $"'{JsonSerializer.Serialize(name)[1..^1].Replace("\\u0022", "\"", StringComparison.Ordinal)}'"
        : $"{step}";

    private static string Node(SeededNumbers random, int depth) => random.Next(depth == 0 ? 2 : 5) switch
    {
        > 0 and < 3 when depth > 3 => "null",
        0 when depth < 4 => $"{{{Several(random, () => $"{Name(random)}:{Node(random, depth + 1)}")}}}",
        1 or 2 => $"[{Several(random, () => Node(random, depth + 1))}]",
        3 => Name(random),
        _ => $"{random.Next(1_000)}",
    };

    private static string Several(SeededNumbers random, Func<string> item) =>
        string.Join(',', Enumerable.Range(0, random.Next(1, 6)).Select(_ => item()));

    /// <summary>A name as a JSON string, with each character escaped or none.</summary>
    private static string Name(SeededNumbers random)
    {
        var name = random.Pick(Names);
        return random.Next(3) == 0
            ? $"\"{string.Concat(name.Select(unit => $"\\u{(int)unit:x4}"))}\""
            : JsonSerializer.Serialize(name);
    }
}
