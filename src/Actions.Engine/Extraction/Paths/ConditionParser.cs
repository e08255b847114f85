using System.Collections.Immutable;
using System.Text.Json;

namespace Actions.Engine.Extraction.Paths;

/// <summary>
/// Parses the expression after a <c>?</c>, and checks that functions are used as their types allow (section 2.4.3).
/// </summary>
internal sealed class ConditionParser(PathScanner scanner, PathParser paths)
{
    // Far deeper than expressions in practice, far below the depth at which recursive parsing becomes dangerous.
    private const int MaxDepth = 64;

    private static readonly string[] Operators = ["==", "!=", "<=", ">=", "<", ">"];

    private int _depth;

    public Condition Parse()
    {
        Descend();
        var any = ImmutableArray.CreateBuilder<Condition>();
        do
        {
            var all = ImmutableArray.CreateBuilder<Condition>();
            do
            {
                scanner.SkipWhiteSpace();
                all.Add(ParseBasic());
            }
            while (TakeOperator("&&"));
            any.Add(all.Count == 1 ? all[0] : new AndCondition(all.ToImmutable()));
        }
        while (TakeOperator("||"));
        _depth--;
        return any.Count == 1 ? any[0] : new OrCondition(any.ToImmutable());
    }

    private void Descend()
    {
        if (++_depth > MaxDepth)
            throw scanner.Wrong($"is nested deeper than {MaxDepth} levels");
    }

    private Condition ParseBasic()
    {
        if (scanner.Peek() == '!')
        {
            scanner.Skip();
            scanner.SkipWhiteSpace();
            return new NotCondition(scanner.Peek() == '(' ? ParseParenthesized() : ParseTest());
        }

        if (scanner.Peek() == '(')
            return ParseParenthesized();

        var operand = ParseOperand();
        if (TakeComparison() is { } comparison)
            return new ComparisonCondition(AsComparable(operand), comparison, AsComparable(ParseOperand()));
        return AsTest(operand);
    }

    private Condition ParseParenthesized()
    {
        scanner.Expect("(");
        scanner.SkipWhiteSpace();
        var condition = Parse();
        scanner.SkipWhiteSpace();
        scanner.Expect(")");
        return condition;
    }

    private Condition ParseTest() => AsTest(ParseOperand());

    /// <returns>A <see cref="FilterQuery"/>, a <see cref="Comparable"/> or (match and search) a <see
    /// cref="Condition"/>.</returns>
    private object ParseOperand()
    {
        var c = scanner.Peek();
        if (c is '@' or '$')
        {
            scanner.Skip();
            return new FilterQuery(paths.ParseSegments(), FromRoot: c == '$');
        }

        if (c is '\'' or '"')
            return new LiteralComparable(JsonSerializer.SerializeToElement(scanner.TakeString()));
        if (c == '-' || char.IsAsciiDigit(c))
            return new LiteralComparable(ParseNumber());
        if (!char.IsAsciiLetterLower(c))
            throw scanner.Wrong("needs a query (@ or $) or a value in a filter");

        var start = scanner.At;
        while (char.IsAsciiLetterLower(scanner.Peek()) || char.IsAsciiDigit(scanner.Peek()) || scanner.Peek() == '_')
            scanner.Skip();
        var name = scanner.Since(start);
        if (scanner.Peek() == '(')
            return ParseFunction(name);
        return name is "true" or "false" or "null"
            ? new LiteralComparable(JsonDocument.Parse(name).RootElement)
            : throw scanner.Wrong($"has an unknown word '{name}' in a filter");
    }

    private object ParseFunction(string name)
    {
        Descend();
        scanner.Expect("(");
        var arguments = new List<object>();
        scanner.SkipWhiteSpace();
        if (scanner.Peek() != ')')
        {
            do
            {
                scanner.SkipWhiteSpace();
                arguments.Add(ParseOperand());
                scanner.SkipWhiteSpace();
            }
            while (scanner.Take(","));
        }

        scanner.Expect(")");
        _depth--;
        return (name, arguments) switch
        {
            ("length", [var of]) => new LengthComparable(AsComparable(of)),
            ("count", [FilterQuery query]) => new CountComparable(query),
            ("value", [FilterQuery query]) => new QueryComparable(query),
            ("match", [var text, var pattern]) => new MatchCondition(AsComparable(text), AsComparable(pattern), Whole: true),
            ("search", [var text, var pattern]) => new MatchCondition(AsComparable(text), AsComparable(pattern), Whole: false),
            ("length" or "count" or "value" or "match" or "search", _) =>
                throw scanner.Wrong($"calls {name}() with the wrong arguments"),
            _ => throw scanner.Wrong($"calls an unknown function '{name}'"),
        };
    }

    private Comparable AsComparable(object operand) => operand switch
    {
        Comparable comparable => comparable,
        FilterQuery { Path.IsSingular: true } query => new QueryComparable(query),
        FilterQuery => throw scanner.Wrong("compares a query that may select several nodes"),
        _ => throw scanner.Wrong("compares match() or search(); use them alone, they are true or false"),
    };

    private Condition AsTest(object operand) => operand switch
    {
        Condition condition => condition,
        FilterQuery query => new ExistsCondition(query),
        _ => throw scanner.Wrong("has a value in a filter without a comparison"),
    };

    private JsonElement ParseNumber()
    {
        var start = scanner.At;
        // Any JSON number: only indexes and steps must be integers of section 2.1.
        scanner.Take("-");
        if (!scanner.Take("0"))
            TakeDigits();
        else if (char.IsAsciiDigit(scanner.Peek()))
            throw scanner.Wrong("has a number with a leading zero");
        if (scanner.Take("."))
            TakeDigits();
        if (scanner.Peek() is 'e' or 'E')
        {
            scanner.Skip();
            if (scanner.Peek() is '-' or '+')
                scanner.Skip();
            TakeDigits();
        }

        return JsonDocument.Parse(scanner.Since(start)).RootElement;
    }

    private void TakeDigits()
    {
        if (!char.IsAsciiDigit(scanner.Peek()))
            throw scanner.Wrong("has a number without digits");
        while (char.IsAsciiDigit(scanner.Peek()))
            scanner.Skip();
    }

    private bool TakeOperator(string text)
    {
        var before = scanner.At;
        scanner.SkipWhiteSpace();
        if (scanner.Take(text))
            return true;
        scanner.Back(before);
        return false;
    }

    private string? TakeComparison()
    {
        var before = scanner.At;
        scanner.SkipWhiteSpace();
        foreach (var text in Operators)
        {
            if (!scanner.Take(text))
                continue;
            scanner.SkipWhiteSpace();
            return text;
        }

        scanner.Back(before);
        return null;
    }
}
