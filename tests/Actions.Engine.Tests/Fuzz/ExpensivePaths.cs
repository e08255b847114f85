namespace Actions.Engine.Tests.Fuzz;

/// <summary>Random queries and documents in which each step is expensive, and steps multiply.</summary>
internal sealed class ExpensivePaths(SeededNumbers random)
{
    private static readonly string[] Names =
        ["list", "strings", "objects", "object", "deep", "members", "long", "text", "pattern", "short"];

    private static readonly string[] Patterns =
    [
        "'a*'", "'(a*)*b'", "'(a{99}){99}'", "'(.|a)*(.|a)*c'", "'[a-z]{1,99}'", "'(a|aa|aaa)*\\\\p{L}x'",
        "$.pattern", "@.pattern", "$.long",
    ];

    /// <summary>A document of up to three MiB.</summary>
    public string Document()
    {
        var escaped = Repeat(random.Next(2) == 0 ? "\\u0061" : "a", random.Next(10, 300_000));
        var shortOne = Repeat(random.Next(2) == 0 ? "\\u0061" : "a", random.Next(1, 20));
        var many = random.Next(10, 40_000);
        var few = random.Next(1, 1_000);
        var depth = random.Next(1, 60);
        return $$"""
            {
              "object": {"{{escaped}}": 1}, "long": "{{escaped}}", "text": "{{Repeat("ab", random.Next(100_000))}}",
              "short": "{{shortOne}}", "pattern": "(a{{{random.Next(999)}}}){{{random.Next(99)}}}",
              "list": [{{Several(many, i => $"{i}")}}],
              "strings": [{{Several(many, _ => $"\"{shortOne}\"")}}],
              "objects": [{{Several(few, i => $"{{\"a\":{i},\"pattern\":\"{shortOne}\",\"b\":[1,2,3]}}")}}],
              "members": { {{Several(many, i => $"\"m{i}\":{i}")}} },
              "deep": {{Repeat("[", depth)}}1{{Repeat("]", depth)}}
            }
            """;
    }

    public string Path() => $"${Segments(random.Next(1, 4), depth: 0)}";

    public string Filter() => Condition(depth: 0);

    private string Segments(int count, int depth) =>
        string.Concat(Enumerable.Range(0, count).Select(_ => Segment(depth)));

    private string Segment(int depth) => random.Next(depth > 2 ? 5 : 8) switch
    {
        0 => $".{random.Pick(Names)}",
        1 => "[*]",
        2 => "..*",
        3 => $"[{random.Next(9)}::{random.Next(1, 3)}]",
        4 => $"[*,'a','{random.Pick(Names)}',0:]",
        5 => $"..[?{Condition(depth + 1)}]",
        _ => $"[?{Condition(depth + 1)}]",
    };

    private string Condition(int depth) => random.Next(depth > 2 ? 4 : 7) switch
    {
        0 => $"{Operand(depth)} {random.Pick(["==", "!=", "<", ">="])} {Operand(depth)}",
        1 => $"match({Text()}, {random.Pick(Patterns)})",
        2 => $"search({Text()}, {random.Pick(Patterns)})",
        3 => Query(depth),
        4 => $"({Condition(depth + 1)} && {Condition(depth + 1)})",
        5 => $"!({Condition(depth + 1)})",
        _ => $"count({Query(depth + 1)}) > {random.Next(9)}",
    };

    private string Operand(int depth) => random.Next(5) switch
    {
        0 => "@",
        1 => random.Pick(["$.long", "$.short", "$.text", "$.object.a", "@.a", "@.b"]),
        2 => random.Pick(["'a'", "1", "null", "'aaaaaaaa'"]),
        3 => $"length({Text()})",
        _ => depth > 2 ? "@.a" : $"value({Query(depth + 1)})",
    };

    private string Query(int depth) => $"{random.Pick(["@", "$"])}{Segments(random.Next(1, 3), depth + 1)}";

    private string Text() => random.Pick(["@", "@.pattern", "$.long", "$.text", "$.short", "@.a"]);

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static string Several(int count, Func<int, string> item) =>
        string.Join(',', Enumerable.Range(0, count).Select(item));
}
