using System.Collections.Immutable;
using System.Text;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Templates;
using Actions.Engine.Variables;

namespace Actions.Engine.Request;

/// <summary>A request body: each kind escapes the inserted values in its own way.</summary>
internal abstract record BodyPlan(string ContentType)
{
    public abstract IEnumerable<string> Names { get; }

    /// <param name="limit">Rendering stops soon after this many bytes; the code that renders rejects a longer
    /// body.</param>
    /// <param name="violations">Receives a violation for each variable whose value has no form here.</param>
    /// <returns>Null: the body is left out.</returns>
    public abstract ReadOnlyMemory<byte>? Render(VariableValues variables, int limit, Violations violations);
}

/// <summary>JSON, RFC 8259.</summary>
internal sealed record JsonBodyPlan(JsonTemplate Json) : BodyPlan("application/json")
{
    public override IEnumerable<string> Names => Json.Names;

    public override ReadOnlyMemory<byte>? Render(VariableValues variables, int limit, Violations violations) =>
        Json.Render(variables, limit);
}

/// <summary>application/x-www-form-urlencoded, WHATWG URL section 5.2, with UTF-8.</summary>
internal sealed record FormBodyPlan(ImmutableArray<PairTemplate> Fields) : BodyPlan("application/x-www-form-urlencoded")
{
    public override IEnumerable<string> Names => Fields.SelectMany(pair => pair.Names);

    public override ReadOnlyMemory<byte>? Render(VariableValues variables, int limit, Violations violations) =>
        Join(Fields, variables, limit, violations);

    public static ReadOnlyMemory<byte> Join(
        ImmutableArray<PairTemplate> fields, VariableValues variables, int limit, Violations violations)
    {
        var form = new PairWriter("", stackalloc char[Template.UsualLength]);
        foreach (var field in fields)
            field.WriteTo(ref form, variables, limit, violations);
        var bytes = new byte[Encoding.UTF8.GetByteCount(form.Text.Text)];
        Encoding.UTF8.GetBytes(form.Text.Text, bytes);
        form.Text.Clear();
        return bytes;
    }
}

/// <summary>Any other text; values are escaped as its content type demands, if that is known here.</summary>
internal sealed record TextBodyPlan(Template Text, string ContentType, TemplateKind Kind) : BodyPlan(ContentType)
{
    // A form that is written as text keeps the rules of forms for lists, objects, and what has no value.
    private readonly ImmutableArray<PairTemplate> _fields =
        Kind == TemplateKind.Form ? PairTemplate.InText(Text.Parts, FormUrlEncoding.Encode) : [];

    public override IEnumerable<string> Names => Text.Names;

    public override ReadOnlyMemory<byte>? Render(VariableValues variables, int limit, Violations violations)
    {
        if (Kind == TemplateKind.Form)
            return FormBodyPlan.Join(_fields, variables, limit, violations);
        if (Kind is TemplateKind.Xml or TemplateKind.Html)
            RefuseForbidden(variables, violations);
        return Encoding.UTF8.GetBytes(Text.Render(variables, limit));
    }

    private void RefuseForbidden(VariableValues variables, Violations violations)
    {
        var format = Kind == TemplateKind.Xml ? "XML" : "HTML";
        foreach (var name in Text.Names.Distinct(StringComparer.Ordinal))
        {
            if (ValueForms.ForbiddenInXml(variables.Text(name)) is { } forbidden)
                violations.Add(
                    $"variables.{name}", $"contains U+{forbidden.Value:X4}, which {format} can't carry.");
        }
    }
}
