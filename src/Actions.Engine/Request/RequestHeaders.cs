using System.Collections.Immutable;
using Actions.Engine.Decoding;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Templates;
using Actions.Engine.Variables;

namespace Actions.Engine.Request;

/// <summary>The headers of a request: those of the action, and the server's own where the action has none.</summary>
internal sealed class RequestHeaders
{
    private readonly ImmutableArray<NamedTemplate> _templates;
    private readonly string? _contentType;

    // So many are sent unless one is left out.
    private readonly int _usualCount;

    // Those that are sent with every request that has a body as usual and no idempotency key of its own. Null: a
    // variable changes them.
    private readonly ImmutableArray<KeyValuePair<string, string>>? _fixed;

    /// <param name="templates">Those of the action.</param>
    /// <param name="contentType">Of the body; null if there is none.</param>
    public RequestHeaders(ImmutableArray<NamedTemplate> templates, string? contentType)
    {
        (_templates, _contentType) = (templates, contentType);
        var literals = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var (name, template) in templates)
            literals.Add(KeyValuePair.Create(name, template.Render(VariableValues.None, int.MaxValue)));
        AddOwn(literals, hasBody: contentType is not null);
        _usualCount = literals.Count;
        if (!templates.Any(header => header.Value.HasPlaceholders))
            _fixed = literals.ToImmutable();
    }

    /// <summary>Whether the header isn't left out: for want of a value, or of elements of a list.</summary>
    public static bool IsSent(NamedTemplate header, VariableValues variables) =>
        header.Value.OnlyPlaceholder is not { } only || variables.HasElements(only);

    /// <param name="hasBody">The request has a body, and so a content type.</param>
    /// <param name="idempotencyKey">Sent as Idempotency-Key unless empty, in place of the action's own header.</param>
    /// <param name="violations">Receives a violation for each variable that a header can't carry.</param>
    public ImmutableArray<KeyValuePair<string, string>> Render(
        VariableValues variables, bool hasBody, string idempotencyKey, EngineOptions options, Violations violations)
    {
        if (_fixed is { } known && idempotencyKey.Length == 0 && hasBody == _contentType is not null)
            return known;
        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>(
            _usualCount + (idempotencyKey.Length > 0 ? 1 : 0));
        foreach (var header in _templates)
        {
            if (!IsSent(header, variables))
                continue;
            var (name, template) = header;
            variables.RefuseNested(template.Names, "a header", violations);
            var value = template.Render(variables, options.MaxHeaderValueLength);
            if (!HeaderRules.IsAllowedValue(value))
                RefuseLines(header, variables, violations);
            if (value.Length > options.MaxHeaderValueLength)
                violations.Add("variables", $"make the header '{name}' longer than {options.MaxHeaderValueLength} characters.");
            headers.Add(KeyValuePair.Create(name, value));
        }

        IdempotencyKey.Write(headers, idempotencyKey, violations);
        AddOwn(headers, hasBody);
        return headers.DrainToImmutable();
    }

    private static void RefuseLines(NamedTemplate header, VariableValues variables, Violations violations)
    {
        foreach (var variable in header.Value.Names)
        {
            if (!HeaderRules.IsAllowedValue(variables.Text(variable)))
                violations.Add(
                    $"variables.{variable}", $"contains CR, LF or NUL, which the header '{header.Name}' can't carry.");
        }
    }

    private void AddOwn(ImmutableArray<KeyValuePair<string, string>>.Builder headers, bool hasBody)
    {
        AddDefault(headers, "Accept", OwnHeaders.Accept);
        AddDefault(headers, "Accept-Encoding", ContentCodings.Accepted);
        AddDefault(headers, "User-Agent", OwnHeaders.UserAgent);
        if (hasBody)
            AddDefault(headers, "Content-Type", _contentType!);
    }

    private static void AddDefault(
        ImmutableArray<KeyValuePair<string, string>>.Builder headers, string name, string value)
    {
        for (var i = 0; i < headers.Count; i++)
        {
            if (headers[i].Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                return;
        }

        headers.Add(KeyValuePair.Create(name, value));
    }
}
