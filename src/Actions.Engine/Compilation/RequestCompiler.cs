using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Request;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.V1;

namespace Actions.Engine.Compilation;

/// <summary>Compiles <see cref="ActionConfig.Request"/>.</summary>
internal sealed class RequestCompiler(
    EngineOptions options, Func<Uri, string?> checkUrl, TemplateCompiler templates, Violations violations)
{
    /// <returns>Null: the request, its method or its URL has a violation.</returns>
    public RequestPlan? Compile(HttpRequest? request, AuthenticationPlan? authentication)
    {
        if (request is null)
        {
            violations.Add("request", "is required.");
            return null;
        }

        var method = CompileMethod(request.Method);
        var url = CompileUrl(request.Url);
        var parameters = CompileParameters(
            request.QueryParameters, "request.query_parameters", Uri.EscapeDataString, authentication);
        var body = CompileBody(request);
        var headers = CompileHeaders(request.Headers, body, authentication);
        var timeout = Durations.Read(
            request.Timeout, "request.timeout", ContractLimits.MinTimeout, ContractLimits.MaxTimeout, violations);
        return method is null || url is null
            ? null
            : new RequestPlan(timeout ?? ContractLimits.DefaultTimeout, method, url, parameters, headers, body);
    }

    private System.Net.Http.HttpMethod? CompileMethod(V1.HttpMethod method)
    {
        switch (method)
        {
            case V1.HttpMethod.Get: return System.Net.Http.HttpMethod.Get;
            case V1.HttpMethod.Post: return System.Net.Http.HttpMethod.Post;
            case V1.HttpMethod.Put: return System.Net.Http.HttpMethod.Put;
            case V1.HttpMethod.Patch: return System.Net.Http.HttpMethod.Patch;
            case V1.HttpMethod.Delete: return System.Net.Http.HttpMethod.Delete;
            default:
                violations.Add("request.method", "must be one of GET, POST, PUT, PATCH and DELETE.");
                return null;
        }
    }

    private UrlTemplate? CompileUrl(string url)
    {
        if (url.Length == 0)
        {
            violations.Add("request.url", "is required.");
            return null;
        }

        violations.CheckLimit("request.url", url.Length, options.MaxUrlLength, "characters");
        var template = templates.CompileUrl(url, "request.url");
        if (template is not null && checkUrl(template.Origin) is { } refusal)
            violations.Add("request.url", $"may not be called: {refusal}.");
        return template;
    }

    private ImmutableArray<PairTemplate> CompileParameters(
        IReadOnlyList<QueryParameter> parameters,
        string field,
        Func<string, string> encode,
        AuthenticationPlan? authentication = null)
    {
        violations.CheckLimit(field, parameters.Count, options.MaxParameters, "parameters");
        var plans = ImmutableArray.CreateBuilder<PairTemplate>(parameters.Count);
        for (var i = 0; i < parameters.Count; i++)
        {
            var (name, value) = (parameters[i].Name, parameters[i].Value);
            if (name.Length == 0)
                violations.Add($"{field}[{i}].name", "is required.");
            if (authentication?.Place is { InQuery: true } place && place.Name == name)
                violations.Add($"{field}[{i}].name", "is set by the authentication; remove it here.");
            violations.CheckLimit($"{field}[{i}].name", name.Length, options.MaxParameterLength, "characters");
            violations.CheckLimit($"{field}[{i}].value", value.Length, options.MaxParameterLength, "characters");
            if (!Enum.IsDefined(parameters[i].ListStyle))
                violations.Add($"{field}[{i}].list_style", "isn't a known list style; use a value of ListStyle.");
            var template = templates.Compile(value, $"{field}[{i}].value", TemplateKind.Parameter);
            plans.Add(PairTemplate.Of(name, template, parameters[i].ListStyle, encode));
        }

        return plans.DrainToImmutable();
    }

    private ImmutableArray<NamedTemplate> CompileHeaders(
        IReadOnlyList<Header> headers, BodyPlan? body, AuthenticationPlan? authentication)
    {
        violations.CheckLimit("request.headers", headers.Count, options.MaxHeaders, "headers");
        var plans = ImmutableArray.CreateBuilder<NamedTemplate>(headers.Count);
        var contentTypes = 0;
        for (var i = 0; i < headers.Count; i++)
        {
            var (name, field) = (headers[i].Name, $"request.headers[{i}]");
            violations.CheckLimit($"{field}.name", name.Length, options.MaxHeaderNameLength, "characters");
            violations.CheckLimit($"{field}.value", headers[i].Value.Length, options.MaxHeaderValueLength, "characters");
            var value = templates.Compile(headers[i].Value, $"{field}.value", TemplateKind.Header);
            if (HeaderRules.CheckName(name) is { } wrongName)
                violations.Add($"{field}.name", wrongName);
            if (authentication?.Place is { InQuery: false } place && place.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                violations.Add($"{field}.name", "is set by the authentication; remove it here.");
            if (HeaderRules.IsContentType(name) && (++contentTypes > 1 || body is not (null or JsonBodyPlan)))
                violations.Add($"{field}.name", "sets the content type a second time; the body sets it already.");
            if (body is not null && HeaderRules.IsContentType(name)
                && MediaTypeHeaderValue.TryParse(headers[i].Value, out var type))
                templates.CheckCharset(type.CharSet, $"{field}.value");
            if (value.Parts.Any(part => !part.IsPlaceholder && !HeaderRules.IsAllowedValue(part.Text)))
                violations.Add($"{field}.value", "must not contain CR, LF or NUL.");
            plans.Add(new NamedTemplate(name, value));
        }

        return plans.DrainToImmutable();
    }

    private BodyPlan? CompileBody(HttpRequest request)
    {
        switch (request.BodyCase)
        {
            case HttpRequest.BodyOneofCase.JsonBody:
                return CompileJson(request.JsonBody);
            case HttpRequest.BodyOneofCase.FormBody:
                return new FormBodyPlan(
                    CompileParameters(request.FormBody.Fields, "request.form_body.fields", FormUrlEncoding.Encode));
            case HttpRequest.BodyOneofCase.TextBody:
                return CompileText(request.TextBody);
            default:
                return null;
        }
    }

    private TextBodyPlan CompileText(TextBody body)
    {
        const string field = "request.text_body";
        violations.CheckLimit($"{field}.text", body.Text.Length, options.MaxBodyTemplateLength, "characters");
        if (!MediaTypeHeaderValue.TryParse(body.ContentType, out var type))
            violations.Add($"{field}.content_type", "must be a media type such as \"application/xml\".");
        var kind = TemplateKinds.Of(body.ContentType);
        templates.CheckCharset(type?.CharSet, $"{field}.content_type");
        if (kind == TemplateKind.Xml)
            templates.CheckDeclaration(body.Text, $"{field}.text");
        return new TextBodyPlan(templates.Compile(body.Text, $"{field}.text", kind), body.ContentType, kind);
    }

    private JsonBodyPlan? CompileJson(string json)
    {
        violations.CheckLimit("request.json_body", json.Length, options.MaxBodyTemplateLength, "characters");
        try
        {
            return new JsonBodyPlan(JsonTemplate.Parse(
                json,
                options.MaxJsonBodyDepth,
                text => templates.Compile(text, "request.json_body", TemplateKind.JsonString)));
        }
        catch (JsonException e)
        {
            violations.Add(
                "request.json_body",
                $"isn't valid JSON of at most {options.MaxJsonBodyDepth} levels (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}); placeholders stand inside strings, as in {{\"id\": \"{{order_id}}\"}}.");
        }
        catch (SyntaxException e)
        {
            violations.Add("request.json_body", $"{e.Message}.");
        }

        return null;
    }
}
